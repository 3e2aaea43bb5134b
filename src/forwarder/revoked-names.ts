// Under which name an RSP stands in the hop authenticators made here: its node id, and after each revocation a new one that nobody knows.
// So what was made before holds no more, also when the RSP's paths are taken again.
import { NODE_ID_BYTES } from '../../protocols/forward/constants.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { PeerId } from '@libp2p/interface'

/** Revoking is the operator's own act, and an authenticator lives for a quarter of an hour. */
const MAX_NAMES = 2_048

export class RevokedNames {
  readonly #random32: () => number
  readonly #names = new RecentlyUsed<NodeId>(MAX_NAMES)
  #revocations = 0

  /** @param random32 - 32 bits that nobody can guess */
  constructor (random32: () => number) {
    this.#random32 = random32
  }

  of (rsp: PeerId): NodeId {
    return this.#names.get(rsp.toString()) ?? nodeIdOf(rsp)
  }

  renew (rsp: PeerId): void {
    const words = new Uint32Array(NODE_ID_BYTES / 4).map(() => this.#random32())
    // two revocations give two names, whatever was drawn
    words[0] = ++this.#revocations
    this.#names.set(rsp.toString(), new Uint8Array(words.buffer))
  }
}
