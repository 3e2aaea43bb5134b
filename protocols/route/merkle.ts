/**
 * The Merkle tree under an RSP's signature: one signature covers many paths, and
 * each path can still be shown alone with the hashes that lead from it to the root.
 *
 * Hashing and proofs are those of RFC 9162, section 2.1, with SHA-256. The two
 * prefixes keep a leaf from ever being taken for an inner node.
 */
import { equals } from 'uint8arrays/equals'
import { sha256Of } from '../sha256.ts'
import { HASH_BYTES, MAX_TREE_SIZE } from './constants.ts'

const LEAF_PREFIX = Uint8Array.of(0x00)
const NODE_PREFIX = Uint8Array.of(0x01)

export interface AuditPathCheck {
  /** the leaf's bytes, not its hash */
  leaf: Uint8Array
  index: number
  treeSize: number
  /** sibling hashes, leaf to root */
  path: Uint8Array[]
  root: Uint8Array
}

function leafHash (leaf: Uint8Array): Uint8Array {
  return sha256Of(LEAF_PREFIX, leaf)
}

function nodeHash (left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256Of(NODE_PREFIX, left, right)
}

/**
 * All levels of the tree, leaf hashes first. A last node without a sibling rises
 * unchanged; that gives the same shape as the RFC's split at the largest power of two.
 */
function buildLevels (leaves: readonly Uint8Array[]): Uint8Array[][] {
  let level = leaves.map(leafHash)
  const levels = [level]

  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(nodeHash(level[i], level[i + 1]))
    }
    if (level.length % 2 === 1) {
      above.push(level[level.length - 1])
    }
    levels.push(above)
    level = above
  }

  return levels
}

/** A tree that keeps its inner hashes: n audit paths cost n log n, not n². */
export class MerkleTree {
  readonly size: number
  readonly root: Uint8Array
  private readonly levels: Uint8Array[][]

  constructor (leaves: readonly Uint8Array[]) {
    this.size = leaves.length
    this.levels = buildLevels(leaves)
    this.root = this.levels[this.levels.length - 1][0] ?? sha256Of()
  }

  /** Sibling hashes of leaf `index`, leaf to root. Throws RangeError outside the tree. */
  auditPath (index: number): Uint8Array[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`no leaf ${index} in a tree of ${this.size}: give an index below its size`)
    }
    const path: Uint8Array[] = []
    let position = index

    for (const level of this.levels) {
      const sibling = position % 2 === 0 ? position + 1 : position - 1
      if (sibling < level.length) {
        path.push(level[sibling])
      }
      position = Math.floor(position / 2)
    }

    return path
  }
}

/** Root hash of the leaves; of none, the hash of nothing (RFC 9162, 2.1.1). */
export function merkleRoot (leaves: readonly Uint8Array[]): Uint8Array {
  return new MerkleTree(leaves).root
}

/** Sibling hashes of leaf `index`, leaf to root (RFC 9162, 2.1.3.1). */
export function auditPath (leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  return new MerkleTree(leaves).auditPath(index)
}

/**
 * True only if `leaf` is leaf `index` of the tree of `treeSize` leaves with this root
 * (RFC 9162, 2.1.3.2). Takes hostile input: anything odd is false, never an exception.
 */
export function verifyAuditPath ({ leaf, index, treeSize, path, root }: AuditPathCheck): boolean {
  if (!isIndexIn(index, treeSize) || !path.every(hash => hash.length === HASH_BYTES)) {
    return false
  }
  let hash = leafHash(leaf)
  let position = index
  let last = treeSize - 1
  let used = 0

  // numbers, not bit operators: sizes go beyond 31 bits
  for (; last > 0; position = Math.floor(position / 2), last = Math.floor(last / 2)) {
    if (position % 2 === 0 && position === last) {
      continue
    }
    if (used === path.length) {
      return false
    }
    const sibling = path[used++]
    hash = position % 2 === 1 ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
  }

  return used === path.length && equals(hash, root)
}

function isIndexIn (index: number, treeSize: number): boolean {
  return Number.isInteger(index) && Number.isInteger(treeSize) &&
    index >= 0 && index < treeSize && treeSize <= MAX_TREE_SIZE
}
