// Fills packets with what streams want to send: lost things first within a stream, the streams by turns. And knows, when a packet has arrived or is lost, what
// that means for each thing in it.
import {
  DATA_HEADER_BYTES, MAX_DATA_BYTES, MAX_STREAMS_BYTES, MAX_STREAM_DATA_BYTES, RESET_BYTES, STOP_SENDING_BYTES
} from '../../../protocols/stream/constants.ts'
import {
  writeDataHeader, writeMaxData, writeMaxStreamData, writeMaxStreams, writeReset, writeStopSending
} from '../../../protocols/stream/codec.ts'
import { Content } from './sent-packets.ts'
import type { ContentOwner } from './loss-detection.ts'
import type { PacketBuilder } from './packet-builder.ts'
import type { SentPackets } from './sent-packets.ts'
import type { StreamSet } from './stream-set.ts'
import type { StreamState } from './stream-state.ts'

export class StreamWriter implements ContentOwner {
  readonly #streams: StreamSet
  readonly #sent: SentPackets

  constructor (streams: StreamSet, sent: SentPackets) {
    this.#streams = streams
    this.#sent = sent
  }

  /** Is there anything that may be sent? */
  get hasWork (): boolean {
    const { queue } = this.#streams
    while (queue.length > 0 && !this.#canSend(queue[0])) {
      (queue.shift() as StreamState).isQueued = false
    }
    return queue.length > 0 || this.#streams.mustSendMaxData || this.#streams.mustSendMaxStreams
  }

  /** Writes what fits. */
  fill (builder: PacketBuilder): void {
    this.#writeLimits(builder)
    const { queue } = this.#streams
    for (let turns = queue.length; turns > 0 && builder.room > DATA_HEADER_BYTES; turns--) {
      const stream = queue.shift() as StreamState
      this.#writeControl(stream, builder)
      while (this.#writeData(stream, builder)) { /* lost ranges, and then new data */ }
      stream.sentData()
      stream.isQueued = this.#canSend(stream)
      if (stream.isQueued) {
        queue.push(stream)
      }
    }
  }

  delivered (_index: number, content: number): void {
    const { contentType, contentId, contentOffset, contentLength } = this.#sent
    const type = contentType[content]
    const stream = this.#streams.find(contentId[content])
    if (type === Content.data || type === Content.lastData) {
      stream?.acknowledgedData(contentOffset[content], contentLength[content], type === Content.lastData)
    } else if (type === Content.reset) {
      stream?.acknowledgedReset()
    }
  }

  lost (_index: number, content: number): void {
    const { contentType, contentId, contentOffset, contentLength } = this.#sent
    const type = contentType[content]
    const stream = this.#streams.find(contentId[content])
    switch (type) {
      case Content.data:
      case Content.lastData:
        stream?.lostData(contentOffset[content], contentLength[content], type === Content.lastData)
        break
      case Content.maxData:
        this.#streams.mustSendMaxData = true
        break
      case Content.maxStreams:
        this.#streams.mustSendMaxStreams = true
        break
      case Content.maxStreamData:
        stream?.lostLimit()
        break
      case Content.reset:
        stream?.lostReset()
        break
      case Content.stopSending:
        stream?.lostStop()
    }
  }

  #canSend (stream: StreamState): boolean {
    const { outgoing } = stream
    return stream.mustSendReset || stream.mustSendStop || stream.mustSendLimit || outgoing.hasLost ||
      (stream.mustSendEnd && outgoing.unsentBytes === 0) || this.#newBytes(stream) > 0
  }

  /** What flow control lets go of data that were never sent. */
  #newBytes ({ outgoing, sendLimit }: StreamState): number {
    const { sendLimit: limitOfAll, sentBytes } = this.#streams
    return Math.min(outgoing.unsentBytes, sendLimit - outgoing.nextOffset, limitOfAll - sentBytes)
  }

  #writeLimits (builder: PacketBuilder): void {
    const streams = this.#streams
    if (streams.mustSendMaxData && builder.room >= MAX_DATA_BYTES) {
      builder.at = writeMaxData(builder.bytes, builder.at, streams.window.limit)
      builder.note(Content.maxData)
      streams.mustSendMaxData = false
    }
    if (streams.mustSendMaxStreams && builder.room >= MAX_STREAMS_BYTES) {
      builder.at = writeMaxStreams(builder.bytes, builder.at, streams.mayAccept)
      builder.note(Content.maxStreams)
      streams.mustSendMaxStreams = false
    }
  }

  #writeControl (stream: StreamState, builder: PacketBuilder): void {
    const { id } = stream
    if (stream.mustSendReset && builder.room >= RESET_BYTES) {
      builder.at = writeReset(builder.bytes, builder.at, id, stream.resetCode, stream.outgoing.nextOffset)
      builder.note(Content.reset, id)
      stream.mustSendReset = false
    }
    if (stream.mustSendStop && builder.room >= STOP_SENDING_BYTES) {
      builder.at = writeStopSending(builder.bytes, builder.at, id, stream.stopCode)
      builder.note(Content.stopSending, id)
      stream.mustSendStop = false
    }
    if (stream.mustSendLimit && builder.room >= MAX_STREAM_DATA_BYTES) {
      builder.at = writeMaxStreamData(builder.bytes, builder.at, id, stream.window.limit)
      builder.note(Content.maxStreamData, id)
      stream.mustSendLimit = false
    }
  }

  /** One frame. @returns false when there was nothing to write, or no room */
  #writeData (stream: StreamState, builder: PacketBuilder): boolean {
    const { outgoing } = stream
    const room = builder.room - DATA_HEADER_BYTES
    if (room <= 0) {
      return false
    }
    const isAgain = outgoing.hasLost
    const offset = isAgain ? outgoing.lostOffset : outgoing.nextOffset
    const length = Math.max(0, Math.min(room, isAgain ? outgoing.lostBytes : this.#newBytes(stream)))
    const isLast = stream.isEnding && offset + length === outgoing.endOffset
    if (length === 0 && !(isLast && stream.mustSendEnd)) {
      return false
    }
    const at = writeDataHeader(builder.bytes, builder.at, stream.id, offset, length, isLast)
    outgoing.take(offset, length, builder.bytes, at)
    builder.at = at + length
    builder.note(isLast ? Content.lastData : Content.data, stream.id, offset, length)
    if (!isAgain) {
      this.#streams.sentBytes += length
    }
    if (isLast) {
      stream.sentEnd()
    }
    return true
  }
}
