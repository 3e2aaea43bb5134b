// The links that the operator's rules close to paths of others, as the hot loop asks for them: one byte for each link. What a rule goes by, a
// neighbour says of itself and may say anew, so each answer is good until `expire`, and is looked up again for the first packet after that.
import type { Link } from '../link/link.ts'
import type { PeerId } from '@libp2p/interface'

const State = { unknown: 0, open: 1, closed: 2 } as const
/** Indices of links have 16 bits. */
const MAX_LINKS = 65_536
const FIRST_LINKS = 64

export class ClosedLinks {
  readonly #isOpen: (neighbour: PeerId) => boolean
  #states = new Uint8Array(FIRST_LINKS)

  constructor (isOpen: (neighbour: PeerId) => boolean) {
    this.#isOpen = isOpen
  }

  has (link: Link): boolean {
    const state = this.#states[link.index]
    return state === State.closed || (state !== State.open && this.#look(link))
  }

  /** The link with this index is gone: the next one that has it leads elsewhere. */
  releaseLink (index: number): void {
    this.#states[index] = State.unknown
  }

  /** Every second. */
  expire (): void {
    this.#states.fill(State.unknown)
  }

  #look ({ index, peer }: Link): boolean {
    const isClosed = !this.#isOpen(peer)
    if (index >= this.#states.length) {
      const grown = new Uint8Array(Math.min(MAX_LINKS, 2 * (index + 1)))
      grown.set(this.#states)
      this.#states = grown
    }
    this.#states[index] = isClosed ? State.closed : State.open
    return isClosed
  }
}
