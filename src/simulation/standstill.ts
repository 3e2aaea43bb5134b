// Lets a node stand still, as a process that is stopped (SIGSTOP) seems to: its connections stay, and nothing that comes is read, so nothing is
// forwarded or answered. Afterwards it goes on with what has come meanwhile. What it sends by its own clock still goes out.
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'

export class Standstill {
  /** To be composed with the node's other gaters: it denies nothing, and sees every connection before its handshake. */
  readonly gater: ConnectionGater = {
    denyInboundConnection: (connection) => this.#saw(connection),
    denyOutboundEncryptedConnection: (_, connection) => this.#saw(connection)
  }

  /** Open ones. */
  readonly #connections = new Set<MultiaddrConnection>()
  #isStill = false

  begin (): void {
    this.#isStill = true
    for (const connection of this.#connections) {
      connection.pause()
    }
  }

  end (): void {
    this.#isStill = false
    for (const connection of this.#connections) {
      if (connection.status === 'open') {
        connection.resume()
      }
    }
  }

  #saw (connection: MultiaddrConnection): false {
    if (connection.status === 'open') {
      this.#connections.add(connection)
      connection.addEventListener('close', () => { this.#connections.delete(connection) }, { once: true })
      if (this.#isStill) {
        connection.pause()
      }
    }
    return false
  }
}
