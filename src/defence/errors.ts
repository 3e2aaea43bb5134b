/** Why a connection was ended, or refused, by the defences of a public node: one class per attack. */

/** A frame announced more payload than any stream of this node may have in flight. */
export class FrameTooLongError extends Error {
  override readonly name = 'FrameTooLongError'

  constructor (readonly frameBytes: number, readonly maxFrameBytes: number) {
    super(`peer announced a yamux frame of ${frameBytes} bytes, over the limit of ${maxFrameBytes}: keep maxFrameBytes at or above the yamux maxStreamWindowSize`)
  }
}

/** A frame came in so many small pieces that holding them costs far more than their bytes. */
export class FrameInPiecesError extends Error {
  override readonly name = 'FrameInPiecesError'

  constructor (readonly maxFramePieces: number) {
    super(`peer sent one yamux frame in more than ${maxFramePieces} messages: it must send frames in fewer, larger ones`)
  }
}

/** A peer granted this node more window than any implementation has. */
export class WindowUpdateTooLargeError extends Error {
  override readonly name = 'WindowUpdateTooLargeError'

  constructor (readonly windowUpdateBytes: number, readonly maxWindowUpdateBytes: number) {
    super(`peer granted ${windowUpdateBytes} bytes of yamux window at once, over the limit of ${maxWindowUpdateBytes}: raise maxWindowUpdateBytes if honest peers have windows that large`)
  }
}

/** A peer made this node answer pings faster than it is willing to. */
export class PingFloodError extends Error {
  override readonly name = 'PingFloodError'

  constructor (readonly pingsPerSecond: number, readonly pingBurst: number) {
    super(`peer sent more yamux pings than ${pingsPerSecond} per second after a burst of ${pingBurst}: it must ping less often`)
  }
}

/** A handshake was not over yet when its slot was needed. */
export class HandshakeGaveWayError extends Error {
  override readonly name = 'HandshakeGaveWayError'

  constructor () {
    super('connection ended in its handshake: there were too many, most of them of its address prefix or younger; it may be tried again')
  }
}

/** The slot of a connection was needed, or lay unused for too long. */
export class ConnectionReapedError extends Error {
  override readonly name = 'ConnectionReapedError'

  constructor (readonly uselessForMs: number, readonly reason: 'crowded' | 'idle') {
    super(`connection ended after ${Math.round(uselessForMs)} ms without use (${reason}): attach, subscribe or exchange packets to keep it`)
  }
}

/** A peer opened streams faster than any use of them takes. */
export class StreamFloodError extends Error {
  override readonly name = 'StreamFloodError'

  constructor (readonly streamsPerSecond: number, readonly streamBurst: number) {
    super(`peer opened more streams than ${streamsPerSecond} per second after a burst of ${streamBurst}: it must use the ones it has`)
  }
}

/** A peer sent frames that are hardly more than their headers faster than any use of them takes. */
export class SmallFrameFloodError extends Error {
  override readonly name = 'SmallFrameFloodError'

  constructor (readonly framesPerSecond: number, readonly frameBurst: number) {
    super(`peer sent more small frames than ${framesPerSecond} per second after a burst of ${frameBurst}: it must put more into each`)
  }
}

/** What a peer sent and nobody reads yet takes more memory than one connection may. */
export class HeldTooMuchError extends Error {
  override readonly name = 'HeldTooMuchError'

  constructor (readonly heldBytes: number, readonly heldPieces: number) {
    super(`peer has ${heldBytes} bytes held in ${heldPieces} pieces that are not read yet: it must send fewer and larger frames, on fewer streams`)
  }
}

/** A peer kept its connection and read nothing from it. */
export class NotDrainedError extends Error {
  override readonly name = 'NotDrainedError'

  constructor (readonly stalledMs: number) {
    super(`peer has read nothing for ${Math.round(stalledMs)} ms while data waited for it: it must read, or close the connection`)
  }
}

/** A peer, or all of its address prefix, sends messages faster than they are taken, and many wait already. */
export class MessageRefusedError extends Error {
  override readonly name = 'MessageRefusedError'

  constructor () {
    super('peer, or its address prefix, sends more messages than its share: it must send fewer, and may try again in some seconds')
  }
}

/** A message of a protocol whose honest messages are all shorter. */
export class MessageTooLongError extends Error {
  override readonly name = 'MessageTooLongError'

  constructor (readonly maxMessageBytes: number) {
    super(`peer sends a message of more than ${maxMessageBytes} bytes: it must say less in one`)
  }
}

/** A value that this node's datastore does not take from strangers. */
export class ValueRefusedError extends Error {
  override readonly name = 'ValueRefusedError'
}

/** An address, or all that a name stands for, is in a private network, where a public node connects to nobody. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'

  constructor (readonly host: string) {
    super(`${host} is in a private network: an overlay inside one must say so (isLocal, --local)`)
  }
}

/** A peer answered a ping with other bytes than it was sent. */
export class WrongPingAnswerError extends Error {
  override readonly name = 'WrongPingAnswerError'

  constructor () {
    super('peer answered a ping with bytes that it was not sent: it does not speak libp2p\'s ping')
  }
}

/** A peer tries names of protocols without end. */
export class NegotiationTooLongError extends Error {
  override readonly name = 'NegotiationTooLongError'

  constructor (readonly maxAnswers: number) {
    super(`peer wants more than ${maxAnswers} answers to agree on a protocol: it must ask for those that this node names in identify`)
  }
}
