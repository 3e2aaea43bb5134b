// A libp2p stream without a connection under it: what was sent is kept, and a test says what happens to it.
import { StreamMessageEvent } from '@libp2p/interface'
import type { Stream } from '@libp2p/interface'

export class FakeStream extends EventTarget {
  status = 'open'
  writeStatus = 'writable'
  writableNeedsDrain = false
  maxWriteBufferLength: number | undefined
  readonly sent: Uint8Array[] = []

  get asStream (): Stream {
    return this as unknown as Stream
  }

  get sentBytes (): number {
    return this.sent.reduce((sum, { length }) => sum + length, 0)
  }

  send (bytes: Uint8Array): boolean {
    if (this.writeStatus !== 'writable') {
      throw new Error('the stream is not writable')
    }
    this.sent.push(bytes)
    return !this.writableNeedsDrain
  }

  abort (_error: Error): void {
    this.end('aborted')
  }

  /** As of yamux: our side is closed, the stream stays open until the other side is closed too. */
  async close (): Promise<void> {
    this.writeStatus = 'closed'
  }

  /** The stream is gone. */
  end (status: string): void {
    if (this.status === 'open') {
      this.status = status
      this.writeStatus = 'closed'
      this.dispatchEvent(new Event('close'))
    }
  }

  receive (bytes: Uint8Array): void {
    this.dispatchEvent(new StreamMessageEvent(bytes))
  }

  drain (): void {
    this.writableNeedsDrain = false
    this.dispatchEvent(new Event('drain'))
  }
}
