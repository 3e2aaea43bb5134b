// What can be wrong with data-plane bytes. A frame error ends the stream (its framing is lost); a route error is the caller's.
import { BywayError } from '../errors.ts'

/** A frame whose length field no packet can have. The stream that brought it is reset. */
export class FrameLengthError extends BywayError {
  override readonly name = 'FrameLengthError'
  readonly code = 'FRAME_LENGTH'
  readonly length: number

  constructor (length: number) {
    super(`a packet cannot be ${length} bytes long; the peer does not speak this version of the forward protocol`)
    this.length = length
  }
}

/** A source route that no forwarder would take: too long, too short, or visiting a node twice. */
export class InvalidRouteError extends BywayError {
  override readonly name = 'InvalidRouteError'
  readonly code = 'INVALID_ROUTE'
}

/** A payload that does not fit into one packet together with its route. */
export class PacketTooLargeError extends BywayError {
  override readonly name = 'PacketTooLargeError'
  readonly code = 'PACKET_TOO_LARGE'
  readonly bytes: number
  readonly maxBytes: number

  constructor (bytes: number, maxBytes: number) {
    super(`a payload of ${bytes} bytes does not fit: over this route at most ${maxBytes}`)
    this.bytes = bytes
    this.maxBytes = maxBytes
  }
}
