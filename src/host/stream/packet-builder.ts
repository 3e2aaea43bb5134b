// A packet that is being filled, and the notes about what would have to go again if it is lost.
import { CONTENTS_PER_PACKET } from './sent-packets.ts'
import type { SentPackets , Content } from './sent-packets.ts'

export class PacketBuilder {
  readonly #sent: SentPackets
  bytes: Uint8Array = new Uint8Array()
  /** Where the next frame begins. */
  at = 0
  #end = 0
  #content = 0
  #lastContent = 0

  constructor (sent: SentPackets) {
    this.#sent = sent
  }

  /** `index` of the packet in `SentPackets`; it must not be longer than up to `end`. */
  begin (bytes: Uint8Array, at: number, end: number, index: number): void {
    this.bytes = bytes
    this.at = at
    this.#end = end
    this.#content = index * CONTENTS_PER_PACKET
    this.#lastContent = this.#content + CONTENTS_PER_PACKET
  }

  /** Bytes that a frame may take; 0 when no more contents can be noted. */
  get room (): number {
    return this.#content === this.#lastContent ? 0 : this.#end - this.at
  }

  /** Of a frame that was written. */
  note (type: typeof Content[keyof typeof Content], id = 0, offset = 0, length = 0): void {
    const sent = this.#sent
    sent.contentType[this.#content] = type
    sent.contentId[this.#content] = id
    sent.contentOffset[this.#content] = offset
    sent.contentLength[this.#content] = length
    this.#content++
  }
}
