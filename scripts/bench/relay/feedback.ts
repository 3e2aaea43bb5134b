// How a receiver tells its sender what has arrived: over a socket of their own, so that it costs the relay nothing.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'

const COUNT_BYTES = 8

/** The sender's end. */
export class FeedbackListener {
  onArrived: (packets: number) => void = () => {}
  readonly #server: Server
  #rest: Buffer = Buffer.alloc(0)

  constructor () {
    this.#server = createServer({ noDelay: true }, (socket) => {
      socket.on('data', (chunk: Buffer) => { this.#take(chunk) })
      socket.on('error', () => {})
    })
  }

  async listen (): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  /** Of several counts the last one. */
  #take (chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const whole = data.length - data.length % COUNT_BYTES
    this.#rest = data.subarray(whole)
    if (whole > 0) {
      this.onArrived(data.readDoubleBE(whole - COUNT_BYTES))
    }
  }
}

/** The receiver's end: call the result with the number of packets that have arrived. */
export async function feedbackTo (port: number): Promise<(packets: number) => void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return (packets) => {
    const count = Buffer.alloc(COUNT_BYTES)
    count.writeDoubleBE(packets)
    socket.write(count)
  }
}
