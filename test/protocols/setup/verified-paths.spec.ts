import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { BywayError, NotAuthorizedError } from '../../../protocols/errors.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { encodePeerId } from '../../../protocols/peer-ids.ts'
import { decodeAnswer, encodeAnswer } from '../../../protocols/route/codec.ts'
import { merkleRoot } from '../../../protocols/route/merkle.ts'
import { signOffers } from '../../../protocols/route/offer.ts'
import { Path as WirePath } from '../../../protocols/route/route.pb.ts'
import { VerifiedPaths } from '../../../protocols/setup/verified-paths.ts'
import { answerTo, ASKED, FORWARDERS, keyOf, PATHS, RSP, RSP_KEY, samplePath } from '../route/samples.ts'
import { AUTHORITY, AUTHORITY_OF_THREE, authorityOf, LEAF, NOW_MS, spelledAnew, withBitFlipped } from './install-samples.ts'
import type { PathInit, SignedOffers } from '../../../protocols/route/offer.ts'
import type { PeerId } from '@libp2p/interface'

const MINUTE_MS = 60_000
const { paths: _, ...ends } = answerTo(ASKED, [])

/** Each path shown alone. */
async function underOneRoot (paths: PathInit[]): Promise<Uint8Array[]> {
  const { root, offers } = await signOffers(paths, { ...ends, privateKey: RSP_KEY, nowMs: NOW_MS })
  return offers.map(offer => encodeAnswer({ root, offers: [offer] }))
}

/** Counts the signatures that are checked while `work` runs. */
async function countVerifications (work: () => Promise<unknown>): Promise<number> {
  assert.ok(RSP_KEY.type === 'Ed25519')
  const prototype = Object.getPrototypeOf(RSP_KEY.publicKey)
  const { verify } = prototype
  let count = 0
  prototype.verify = function (...args: unknown[]) {
    count++
    return verify.apply(this, args)
  }
  try {
    await work()
  } finally {
    prototype.verify = verify
  }
  return count
}

function changed (authority: Uint8Array, change: (answer: SignedOffers) => void): Uint8Array {
  const answer = decodeAnswer(authority)
  change(answer)
  return encodeAnswer(answer)
}

describe('protocols/setup/verified-paths', () => {
  it('opens an authority to its path, with what an install needs of it', async () => {
    const path = await new VerifiedPaths().open(AUTHORITY_OF_THREE, NOW_MS)

    assert.ok(path.rsp.equals(RSP))
    assert.deepEqual(path.forwarders.map(String), samplePath().forwarders.map(String))
    assert.deepEqual(path.pathDigest, sha256(LEAF))
    assert.deepEqual(path.rspNode, nodeIdOf(RSP))
    assert.deepEqual(path.forwarderNodes, samplePath().forwarders.map(nodeIdOf))
  })

  it('knows a path again without checking a signature', async () => {
    const paths = new VerifiedPaths()
    assert.equal(paths.peek(AUTHORITY, NOW_MS), undefined)
    const path = await paths.open(AUTHORITY, NOW_MS)

    const count = await countVerifications(async () => {
      assert.equal(await paths.open(AUTHORITY, NOW_MS), path)
      assert.equal(paths.peek(Buffer.from(AUTHORITY), NOW_MS), path)
    })

    assert.equal(count, 0)
    assert.equal(paths.size, 1)
  })

  it('checks the signature of a root once for all paths under it', async () => {
    const authorities = await underOneRoot(PATHS)
    const paths = new VerifiedPaths()

    const count = await countVerifications(async () => {
      for (const authority of authorities) {
        await paths.open(authority, NOW_MS)
      }
    })

    assert.equal(count, 1)
    assert.deepEqual([paths.size, paths.roots], [3, 1])
  })

  it('does not take a path that is not under a root it knows', async () => {
    const paths = new VerifiedPaths()
    await paths.open(AUTHORITY, NOW_MS)
    const { offers } = decodeAnswer(await authorityOf({ pathNumber: 99 }))
    const other = changed(AUTHORITY, answer => { answer.offers = offers })

    await assert.rejects(paths.open(other, NOW_MS), { name: 'InvalidProofError' })
    assert.equal(paths.size, 1)
  })

  it('does not take a root that it knows with another signature', async () => {
    const paths = new VerifiedPaths()
    await paths.open(AUTHORITY, NOW_MS)
    const forged = changed(AUTHORITY, ({ root }) => { root.signature = withBitFlipped(root.signature, 3) })

    await assert.rejects(paths.open(forged, NOW_MS), { name: 'InvalidSignatureError' })
    assert.equal(paths.roots, 1)
  })

  it('looks at the time at each use, and forgets a path that has expired', async () => {
    const paths = new VerifiedPaths()
    const { expiresAtMs } = await paths.open(AUTHORITY, NOW_MS)
    assert.ok(paths.peek(AUTHORITY, expiresAtMs + MINUTE_MS))

    assert.throws(() => paths.peek(AUTHORITY, expiresAtMs + MINUTE_MS + 1), { name: 'ExpiredError' })

    assert.equal(paths.size, 0)
    await assert.rejects(paths.open(AUTHORITY, expiresAtMs + MINUTE_MS + 1), { name: 'ExpiredError' })
  })

  it('does not take a path before its time, known or not, and keeps it', async () => {
    const later = await authorityOf({ notBeforeMs: NOW_MS + 2 * MINUTE_MS })
    const paths = new VerifiedPaths()
    await assert.rejects(paths.open(later, NOW_MS), { name: 'NotYetValidError' })
    assert.equal(paths.size, 0)

    await paths.open(later, NOW_MS + MINUTE_MS)

    assert.throws(() => paths.peek(later, NOW_MS), { name: 'NotYetValidError', validFromMs: NOW_MS + 2 * MINUTE_MS })
    assert.ok(paths.peek(later, NOW_MS + MINUTE_MS))
  })

  it('does not take a path of a root from the future when the clock has been put back', async () => {
    const early = PATHS.map(path => ({ ...path, notBeforeMs: NOW_MS - 5 * MINUTE_MS })) // so that it is the root's time that counts
    const [first, second] = await underOneRoot(early)
    const paths = new VerifiedPaths()
    await paths.open(first, NOW_MS)

    for (const authority of [first, second]) {
      await assert.rejects(paths.open(authority, NOW_MS - MINUTE_MS - 1), { name: 'NotYetValidError' })
    }
  })

  for (const [name, count] of [['no offer', 0], ['two offers', 2]] as const) {
    it(`refuses an authority with ${name}`, async () => {
      const { root, offers } = await signOffers(PATHS, { ...ends, privateKey: RSP_KEY, nowMs: NOW_MS })
      const authority = encodeAnswer({ root, offers: offers.slice(0, count) })
      await assert.rejects(new VerifiedPaths().open(authority, NOW_MS), { name: 'MalformedMessageError', message: /one offer/ })
    })
  }

  it('asks who may sign before it checks a signature, and for a path that it knows too', async () => {
    const paths = new VerifiedPaths()
    const judge = (rsp: PeerId): void => {
      assert.ok(rsp.equals(RSP))
      throw new NotAuthorizedError('not taken here')
    }
    const count = await countVerifications(() => assert.rejects(paths.open(AUTHORITY, NOW_MS, judge), { name: 'NotAuthorizedError' }))
    assert.deepEqual([count, paths.size, paths.roots], [0, 0, 0])

    await paths.open(AUTHORITY, NOW_MS, () => {})
    await assert.rejects(paths.open(AUTHORITY, NOW_MS, judge), { name: 'NotAuthorizedError' })
  })

  it('does not let an RSP speak for another', async () => {
    const otherKey = await keyOf(4)
    const { root, offers } = await signOffers([samplePath()], { ...ends, privateKey: otherKey, nowMs: NOW_MS })
    const stolen = encodeAnswer({ root: { ...root, rsp: RSP }, offers })
    await assert.rejects(new VerifiedPaths().open(stolen, NOW_MS), { name: 'InvalidSignatureError' })
  })

  it('keeps no more than it may, and those that were used last', async () => {
    const paths = new VerifiedPaths({ maxPaths: 4, maxRoots: 2 })
    const [first, second, third, fourth] = await Promise.all([1, 2, 3, 4].map(async pathNumber => await authorityOf({ pathNumber })))
    await paths.open(first, NOW_MS)
    await paths.open(second, NOW_MS)
    await paths.open(third, NOW_MS)
    assert.ok(paths.peek(first, NOW_MS))

    await paths.open(fourth, NOW_MS)

    assert.equal(paths.peek(second, NOW_MS), undefined)
    assert.deepEqual([third, first, fourth].map(authority => paths.peek(authority, NOW_MS) != null), [true, true, true])
    assert.ok(paths.size <= 4 && paths.roots <= 2)
  })

  it('forgets what nobody has shown for some minutes, though there is room', async () => {
    const [shown, left, last] = await underOneRoot([1, 2, 3].map((pathNumber) => samplePath({ pathNumber, expiresAtMs: NOW_MS + 9 * MINUTE_MS })))
    const paths = new VerifiedPaths()
    await paths.open(shown, NOW_MS)
    await paths.open(left, NOW_MS)
    for (let minute = 1; minute <= 6; minute++) {
      assert.equal(await countVerifications(async () => paths.open(shown, NOW_MS + minute * MINUTE_MS)), 0)
    }
    assert.deepEqual([paths.size, paths.roots], [1, 0])
    assert.equal(await countVerifications(async () => paths.open(last, NOW_MS + 6 * MINUTE_MS)), 1)
  })

  it('opens one path from two spellings, each verified by itself', async () => {
    const paths = new VerifiedPaths()
    const path = await paths.open(AUTHORITY, NOW_MS)
    const again = await paths.open(spelledAnew(AUTHORITY), NOW_MS)
    assert.deepEqual(again.pathDigest, path.pathDigest)
    assert.equal(paths.size, 2)
  })

  describe('hostile bytes', () => {
    /** What was signed, or a typed error: an encoding may differ, but nothing in it. */
    async function onlySigned (authority: Uint8Array): Promise<void> {
      try {
        const { offer, root } = await new VerifiedPaths().open(authority, NOW_MS)
        const { offers: [offer0], root: root0 } = decodeAnswer(AUTHORITY_OF_THREE)
        assert.deepEqual([offer.path, offer.leafIndex], [offer0.path, offer0.leafIndex])
        assert.deepEqual([root.root, root.treeSize, root.issuedAtMs], [root0.root, root0.treeSize, root0.issuedAtMs])
      } catch (error) {
        assert.ok(error instanceof BywayError, String(error))
      }
    }

    it('never gives anything but what was signed when bits of an authority are others', async () => {
      const bit = fc.nat({ max: 8 * AUTHORITY_OF_THREE.length - 1 })
      await fc.assert(fc.asyncProperty(fc.array(bit, { minLength: 1, maxLength: 3 }), async bits => {
        await onlySigned(bits.reduce(withBitFlipped, AUTHORITY_OF_THREE))
      }), { numRuns: 1_000 })
    })

    it('rejects random bytes with typed errors', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
        await assert.rejects(new VerifiedPaths().open(bytes, NOW_MS), BywayError)
      }), { numRuns: 300 })
    })

    /** Signs bytes that no honest RSP would. */
    async function authorityOfLeaf (change: Partial<WirePath>): Promise<Uint8Array> {
      const path = WirePath.encode({ ...WirePath.decode(LEAF), ...change })
      const root = merkleRoot([path])
      const numbers = new DataView(new ArrayBuffer(16))
      numbers.setBigUint64(0, 1n)
      numbers.setBigUint64(8, BigInt(NOW_MS))
      const signature = await RSP_KEY.sign(concat([fromString('byway-path-root'), root, new Uint8Array(numbers.buffer)]))
      return encodeAnswer({ root: { rsp: RSP, root, treeSize: 1, issuedAtMs: NOW_MS, signature }, offers: [{ path, leafIndex: 0, proof: [] }] })
    }
    const walk = (...indices: number[]): WirePath['forwarders'] => indices.map(i => encodePeerId(FORWARDERS[i]))

    it('can sign any leaf in these tests', async () => {
      assert.equal((await new VerifiedPaths().open(await authorityOfLeaf({}), NOW_MS)).forwarders.length, 3)
    })

    const leaves: Array<[string, Partial<WirePath>, string]> = [
      ['of 17 forwarders', { forwarders: walk(...Array(17).keys()) }, 'PathTooLongError'],
      ['that visits a forwarder twice', { forwarders: walk(0, 1, 0) }, 'PathNotSimpleError'],
      ['of no forwarder', { forwarders: [] }, 'MalformedMessageError'],
      ['of another RSP than the signer', { rsp: encodePeerId(FORWARDERS[0]) }, 'InvalidSignatureError'],
      ['that lives longer than any may', { expiresAtMs: BigInt(NOW_MS + 600_001) }, 'MalformedMessageError']
    ]
    for (const [what, change, name] of leaves) {
      it(`refuses a signed path ${what}`, async () => {
        const paths = new VerifiedPaths()
        await assert.rejects(paths.open(await authorityOfLeaf(change), NOW_MS), { name })
        assert.equal(paths.size, 0)
      })
    }
  })
})
