// The places for channels of a host: what others open must not keep it from opening its own, nor one peer keep all others out.
import { OverQuotaError } from '../../protocols/errors.ts'
import type { PeerId } from '@libp2p/interface'

/** Of all places, those that channels of others may take; the rest is the host's own. */
const INCOMING_SHARE = 0.75
/** Of all places, those that one peer may take: more than applications have channels to one peer, and a few where there are few places. */
const PEER_SHARE = 1 / 8
const LEAST_OF_PEER = 4

interface Held {
  incoming: number
  outgoing: number
}

export class ChannelPlaces {
  readonly #max: number
  readonly #maxIncoming: number
  readonly #maxOfPeer: number
  readonly #held = new Map<string, Held>()
  #incoming = 0
  #outgoing = 0

  /** @param max - channels at once, both directions */
  constructor (max: number) {
    this.#max = max
    this.#maxIncoming = Math.ceil(INCOMING_SHARE * max)
    this.#maxOfPeer = Math.max(LEAST_OF_PEER, Math.ceil(PEER_SHARE * max))
  }

  /** Is there a channel with this peer? */
  has (peer: PeerId): boolean {
    return this.#held.has(peer.toString())
  }

  /** Is there room for one that we open? @throws OverQuotaError */
  checkOutgoing (): void {
    if (this.#incoming + this.#outgoing >= this.#max) {
      throw new OverQuotaError(`${this.#max} channels are open: close some, or raise maxChannels`)
    }
  }

  /** Is there room for one that others open, or that this peer opens? @throws OverQuotaError */
  checkIncoming (peer?: PeerId): void {
    this.checkOutgoing()
    if (this.#incoming >= this.#maxIncoming) {
      throw new OverQuotaError(`${this.#maxIncoming} channels of others are open, which is all that they may have of ${this.#max}`)
    }
    if (peer !== undefined && (this.#held.get(peer.toString())?.incoming ?? 0) >= this.#maxOfPeer) {
      throw new OverQuotaError(`${this.#maxOfPeer} channels of ${peer.toString()} are open, which is all that one peer may have of ${this.#max}`)
    }
  }

  take (peer: PeerId, direction: keyof Held): void {
    this.#count(peer, direction, 1)
  }

  free (peer: PeerId, direction: keyof Held): void {
    this.#count(peer, direction, -1)
  }

  #count (peer: PeerId, direction: keyof Held, change: number): void {
    const key = peer.toString()
    const held = this.#held.get(key) ?? { incoming: 0, outgoing: 0 }
    held[direction] += change
    if (direction === 'incoming') {
      this.#incoming += change
    } else {
      this.#outgoing += change
    }
    if (held.incoming + held.outgoing > 0) {
      this.#held.set(key, held)
    } else {
      this.#held.delete(key)
    }
  }
}
