// A line that is slower than what is sent over it, with the deep buffers that such lines have: a TCP relay before the forwarder, which passes
// on what comes from there at a fixed rate. What the kernel takes meanwhile waits unseen.
import { connect, createServer } from 'node:net'
import { answerParent } from '../child-process.ts'
import type { AddressInfo, Socket } from 'node:net'

export interface SlowLineInit {
  port: number
  bytesPerSecond: number
}

const TICK_MS = 1
/** What it holds itself. */
const HELD_BYTES = 16_384

function slow (from: Socket, to: Socket, bytesPerSecond: number): void {
  const held: Buffer[] = []
  let heldBytes = 0
  let paid = 0
  let beforeMs = performance.now()
  from.on('data', (chunk: Buffer) => {
    held.push(chunk)
    heldBytes += chunk.length
    if (heldBytes > HELD_BYTES) {
      from.pause()
    }
  })
  const timer = setInterval(() => {
    const nowMs = performance.now()
    // what the line could have sent while there was nothing is lost, but for a tick
    paid = Math.min(paid, 0.01 * bytesPerSecond) + (nowMs - beforeMs) * bytesPerSecond / 1_000
    beforeMs = nowMs
    while (held.length > 0 && paid > 0) {
      const [first] = held
      const part = first.subarray(0, Math.ceil(paid))
      paid -= part.length
      heldBytes -= part.length
      held[0] = first.subarray(part.length)
      if (held[0].length === 0) {
        held.shift()
      }
      to.write(part)
    }
    if (heldBytes <= HELD_BYTES && from.isPaused()) {
      from.resume()
    }
  }, TICK_MS)
  from.on('close', () => {
    clearInterval(timer)
    to.destroy()
  })
}

answerParent({
  /** @returns the port at which it takes connections for that of the forwarder */
  start: async (argument) => {
    const { port, bytesPerSecond } = argument as SlowLineInit
    const server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port, host: '127.0.0.1', noDelay: true })
      near.pipe(far)
      slow(far, near, bytesPerSecond)
      near.on('error', () => {})
      far.on('error', () => {})
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
})
