/**
 * SHA-256 of what is hashed by the thousand: queries, and the leaves and nodes of a tree of offers. Node's own takes a third of the time
 * that one in JavaScript takes; browsers have only one that is asynchronous, and hash a few of these at a time.
 */
import { sha256 } from '@noble/hashes/sha2.js'

/** The longest leaf and the longest usual query fit; what is longer is hashed in pieces. */
const SCRATCH_BYTES = 4_096

type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array

/** The digest of the parts, one after the other. */
export const sha256Of: Sha256 = inNode() ?? inPieces

export function inPieces (...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create()
  for (const part of parts) {
    hash.update(part)
  }
  return hash.digest()
}

/** Undefined where there is no Node. Not imported, or no bundle for browsers could be made. */
function inNode (): Sha256 | undefined {
  const hash = (globalThis.process as NodeJS.Process | undefined)?.getBuiltinModule?.('node:crypto')?.hash
  if (hash === undefined) {
    return undefined
  }
  const scratch = new Uint8Array(SCRATCH_BYTES)
  return (...parts) => {
    let length = 0
    for (const part of parts) {
      if (length + part.length > SCRATCH_BYTES) {
        return inPieces(...parts)
      }
      scratch.set(part, length)
      length += part.length
    }
    const digest = hash('sha256', scratch.subarray(0, length), 'buffer')
    return new Uint8Array(digest.buffer, digest.byteOffset, digest.length)
  }
}
