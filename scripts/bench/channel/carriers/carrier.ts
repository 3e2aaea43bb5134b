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

export interface Carrier {
  /** Something that carries between others, with no limit on what it carries. Its addresses. */
  startRelay: (listen: readonly string[]) => Promise<string[]>
  startReceiver: (init: EndInit, onPipe: (pipe: Pipe) => void) => Promise<ReceiverEnd>
  /** Gives what opens one more stream, all over one connection or channel. */
  startSender: (init: EndInit, receiver: ReceiverEnd) => Promise<() => Promise<Pipe>>
}
