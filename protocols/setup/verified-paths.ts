/**
 * Paths that were shown to this node and whose signature holds. Many set-ups show the same path again, and many paths are under
 * one root, so that most of them cost a look-up or some hashes instead of a signature:
 *
 *   authority ─▶ seen? ─▶ time ─▶ path
 *                  │ no
 *                  └─▶ root seen? ─▶ proof ─▶ path, time
 *                         │ no
 *                         └─▶ signature
 *
 * Only what was verified is kept. Who has a path of an RSP that is taken can spell its authority in more than one way and push
 * others out, one for each set-up that its rate allows: they cost their signature again.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ExpiredError, MalformedMessageError } from '../errors.ts'
import { nodeIdOf } from '../forward/node-id.ts'
import { decodeAnswer } from '../route/codec.ts'
import { CLOCK_SKEW_MS } from '../route/constants.ts'
import { NotYetValidError } from '../route/errors.ts'
import { verifyOfferUnder, verifyRoot } from '../route/offer.ts'
import { RecentlyUsed } from '../recently-used.ts'
import type { NodeId } from '../forward/node-id.ts'
import type { SignedRoot, VerifiedPath, VerifiedRoot } from '../route/offer.ts'
import type { PeerId } from '@libp2p/interface'

/** About 8 KB each with three forwarders, 22 KB with 16: 34 MB of the usual ones. */
const DEFAULT_MAX_PATHS = 4_096
/** Batches of the last ten minutes (no offer lives longer), of some RSPs that each sign one in five seconds. */
const DEFAULT_MAX_ROOTS = 1_024

/** What nobody has shown for so long, or at most twice that, is forgotten: who uses a path shows it more often, and offers usually live five minutes. */
const TURN_MS = 150_000

/** A verified path with what the checks of an install need of it. Shared by all installs that show it: nobody writes to it. */
export interface ShownPath extends VerifiedPath {
  /** SHA-256 of the leaf's bytes */
  pathDigest: Uint8Array
  rspNode: NodeId
  /** node ids of `forwarders`, in their order */
  forwarderNodes: NodeId[]
}

export interface VerifiedPathsInit {
  maxPaths?: number
  maxRoots?: number
}

export class VerifiedPaths {
  readonly #paths: RecentlyUsed<ShownPath>
  readonly #roots: RecentlyUsed<VerifiedRoot>
  #turnedMs = Number.NEGATIVE_INFINITY

  constructor ({ maxPaths = DEFAULT_MAX_PATHS, maxRoots = DEFAULT_MAX_ROOTS }: VerifiedPathsInit = {}) {
    this.#paths = new RecentlyUsed(maxPaths)
    this.#roots = new RecentlyUsed(maxRoots)
  }

  /** Paths that are kept. */
  get size (): number {
    return this.#paths.size
  }

  /** Roots that are kept. */
  get roots (): number {
    return this.#roots.size
  }

  /** The path, if this very authority was opened before. Throws ExpiredError or NotYetValidError outside its time. */
  peek (authority: Uint8Array, nowMs: number): ShownPath | undefined {
    return this.#recall(keyOf(authority), nowMs)
  }

  /**
   * The one path that an authority holds. `judge` is asked before any signature is checked whether paths of the RSP are taken
   * here, and throws if not. Rejects with what it throws, MalformedMessageError, MessageTooLargeError, InvalidSignatureError,
   * ExpiredError, and errors of the route protocol that extend these.
   */
  async open (authority: Uint8Array, nowMs: number, judge?: (rsp: PeerId) => void): Promise<ShownPath> {
    this.#forget(nowMs)
    const key = keyOf(authority)
    const known = this.#recall(key, nowMs)
    if (known != null) {
      judge?.(known.rsp)
      return known
    }
    const { root, offers } = decodeAnswer(authority)
    if (offers.length !== 1) {
      throw new MalformedMessageError(`an authority holds one offer, not ${offers.length}`)
    }
    judge?.(root.rsp)
    const path = shown(verifyOfferUnder(await this.#verifiedRoot(root, nowMs), offers[0], { nowMs }))
    checkTime(path, nowMs)
    this.#paths.set(key, path)
    return path
  }

  /** A clock that was set back starts anew. */
  #forget (nowMs: number): void {
    if (Math.abs(nowMs - this.#turnedMs) >= TURN_MS) {
      this.#turnedMs = nowMs
      this.#paths.turn()
      this.#roots.turn()
    }
  }

  #recall (key: string, nowMs: number): ShownPath | undefined {
    const path = this.#paths.get(key)
    if (path != null) {
      if (hasExpired(path, nowMs)) {
        this.#paths.delete(key)
      }
      checkTime(path, nowMs)
    }
    return path
  }

  async #verifiedRoot (root: SignedRoot, nowMs: number): Promise<VerifiedRoot> {
    const key = keyOfRoot(root)
    const known = this.#roots.get(key)
    if (known != null) {
      return known
    }
    const verified = await verifyRoot(root, { nowMs })
    this.#roots.set(key, verified)
    return verified
  }
}

function shown (path: VerifiedPath): ShownPath {
  return {
    ...path,
    pathDigest: sha256(path.offer.path),
    rspNode: nodeIdOf(path.rsp),
    forwarderNodes: path.forwarders.map(nodeIdOf)
  }
}

/** What may change while a path is kept. It expires before its root does, so that only the root's beginning needs a look. */
function checkTime (path: ShownPath, nowMs: number): void {
  if (hasExpired(path, nowMs)) {
    throw new ExpiredError(`the offer expired at ${new Date(path.expiresAtMs).toISOString()}: ask the RSP again`)
  }
  const validFromMs = Math.max(path.notBeforeMs, path.root.issuedAtMs)
  if (validFromMs > nowMs + CLOCK_SKEW_MS) {
    throw new NotYetValidError(`the path holds from ${new Date(validFromMs).toISOString()} on`, validFromMs)
  }
}

function hasExpired ({ expiresAtMs }: ShownPath, nowMs: number): boolean {
  return expiresAtMs < nowMs - CLOCK_SKEW_MS
}

function keyOf (authority: Uint8Array): string {
  return bytesToHex(sha256(authority))
}

/** Of all fields. Whatever is shown, what is found by it is the root that was verified. */
function keyOfRoot ({ rsp, root, treeSize, issuedAtMs, signature }: SignedRoot): string {
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, BigInt(treeSize))
  numbers.setBigUint64(8, BigInt(issuedAtMs))
  const hash = sha256.create().update(rsp.toMultihash().bytes).update(new Uint8Array(numbers.buffer)).update(root).update(signature)
  return bytesToHex(hash.digest())
}
