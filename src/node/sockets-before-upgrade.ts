// The sockets of a WebSocket listener before they speak WebSocket. Admission hears of them afterwards only: until then they are bounded here.
import { hostPrefix } from '../defence/address-prefix.ts'
import { WaitingRoom } from '../defence/waiting-room.ts'
import type { Socket } from 'node:net'

export interface UpgradeWait {
  /** All at once. More take the places of those who wait longest, of the prefix with most. */
  maxSockets: number
  /** From the connection on, whatever is said meanwhile. A socket takes two round trips. */
  maxMs: number
}

export const DEFAULT_UPGRADE_WAIT: UpgradeWait = { maxSockets: 256, maxMs: 10_000 }

/** What an honest socket takes on a bad line. */
const GRACE_MS = 2_000

interface Waiting {
  socket: Socket
  name: string
  prefix: string
  timer: ReturnType<typeof setTimeout>
}

export class SocketsBeforeUpgrade {
  readonly #wait: UpgradeWait
  readonly #room = new WaitingRoom<Waiting>(GRACE_MS)
  /** By their ends: with TLS another socket is upgraded than the one that came. */
  readonly #byName = new Map<string, Waiting>()

  constructor (wait: UpgradeWait = DEFAULT_UPGRADE_WAIT) {
    this.#wait = wait
  }

  add (socket: Socket): void {
    // nobody else listens before its first byte
    socket.on('error', () => { socket.destroy() })
    const prefix = socket.remoteAddress === undefined ? undefined : hostPrefix(socket.remoteAddress)
    const name = nameOf(socket)
    // one end has one socket: the other one's end has only not been seen yet
    this.#end(this.#byName.get(name))
    if (prefix === undefined || !this.#hasRoom(prefix)) {
      socket.destroy()
      return
    }
    const timer = setTimeout(() => { socket.destroy() }, this.#wait.maxMs)
    timer.unref()
    const waiting = { socket, name, prefix, timer }
    this.#room.add(prefix, waiting, performance.now())
    this.#byName.set(name, waiting)
    socket.once('close', () => { this.#leave(waiting) })
  }

  /** It is a connection now, and admission's. */
  upgraded (socket: Ends): void {
    this.#leave(this.#byName.get(nameOf(socket)))
  }

  /** Of all that wait. */
  end (): void {
    for (const { socket } of this.#byName.values()) {
      socket.destroy()
    }
  }

  #hasRoom (prefix: string): boolean {
    if (this.#room.size < this.#wait.maxSockets) {
      return true
    }
    const leaver = this.#room.givesWay(prefix, performance.now())
    this.#end(leaver)
    return leaver !== undefined
  }

  #end (waiting: Waiting | undefined): void {
    this.#leave(waiting)
    waiting?.socket.destroy()
  }

  #leave (waiting: Waiting | undefined): void {
    if (waiting !== undefined && this.#byName.get(waiting.name) === waiting) {
      clearTimeout(waiting.timer)
      this.#byName.delete(waiting.name)
      this.#room.delete(waiting.prefix, waiting)
    }
  }
}

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>

function nameOf ({ remoteAddress, remotePort, localAddress, localPort }: Ends): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
