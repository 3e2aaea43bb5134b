// What a lane of the channel benchmark is made of: a way to carry a byte stream from one process to another.
import type { PeerId } from '@libp2p/interface'

/** Both directions of a byte stream, as an application has it. */
export interface Pipe {
  /** False: better wait for `onDrain`. */
  send: (bytes: Uint8Array) => boolean
  onDrain: () => void
  onBytes: (bytes: number) => void
}

export interface EndInit {
  /** Multiaddrs to listen on. */
  listen: readonly string[]
  /** Of what stands between the ends; empty when they talk directly. */
  relay: readonly string[]
}

export interface ReceiverEnd {
  peer: PeerId
  addresses: string[]
}

export interface SenderEnd {
  /** One more stream, over the one connection or channel of the lane. */
  open: () => Promise<Pipe>
  /** Resolves when it goes the way that the lane says: while other lanes have the processor a route may seem dead. */
  ready?: () => Promise<void>
  /** How it went another way than that since it was ready last, if it did: then what was measured is not of this lane. */
  strayed?: () => string | undefined
}

export interface Carrier {
  /** Something that carries between others, with no limit on what it carries. Its addresses. */
  startRelay: (listen: readonly string[]) => Promise<string[]>
  startReceiver: (init: EndInit, onPipe: (pipe: Pipe) => void) => Promise<ReceiverEnd>
  startSender: (init: EndInit, receiver: ReceiverEnd) => Promise<SenderEnd>
}
