import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { BywayError } from '../../../protocols/errors.ts'
import { checkAnswer } from '../../../protocols/route/client.ts'
import { digestQuery } from '../../../protocols/route/codec.ts'
import { merkleRoot } from '../../../protocols/route/merkle.ts'
import { signAnswers, signOffers, verifyOffer, verifyOfferUnder, verifyRoot } from '../../../protocols/route/offer.ts'
import { encodePath } from '../../../protocols/route/path.ts'
import { Path } from '../../../protocols/route/route.pb.ts'
import { answerTo, ASKED, FORWARDERS, HOST_B, keyOf, NOW_MS, PATHS, RSP, RSP_KEY, samplePath, sampleQuery } from './samples.ts'
import type { Offer, PathInit, SignedOffers, SignedRoot } from '../../../protocols/route/offer.ts'

const { paths: _, ...ends } = answerTo(ASKED, [])
const SIGN = { ...ends, privateKey: RSP_KEY, nowMs: NOW_MS }
const EXPECT = { expectedRsp: RSP, queryDigest: ASKED.digest, nowMs: NOW_MS }
const MINUTE_MS = 60_000

/** A leaf that promises this beside what is well-formed. */
function predicting (change: Partial<NonNullable<Path['prediction']>>): Partial<Path> {
  return { prediction: { rttUs: 1, rttMarginUs: 1, lossPpm: 1, confidencePpm: 1, dataAgeMs: 1, ...change } }
}

function flipped (bytes: Uint8Array, at = 0): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] ^= 1
  return copy
}

/** Signs bytes that no honest RSP would: one leaf, as it is. */
async function signLeaf (path: Uint8Array, issuedAtMs = NOW_MS): Promise<SignedOffers> {
  const { root } = await signOffers([], { ...SIGN, nowMs: issuedAtMs })
  const hash = merkleRoot([path])
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, 1n)
  numbers.setBigUint64(8, BigInt(issuedAtMs))
  const message = Uint8Array.of(...new TextEncoder().encode('byway-path-root'), ...hash, ...new Uint8Array(numbers.buffer))
  const signature = await RSP_KEY.sign(message)
  return { root: { ...root, root: hash, treeSize: 1, signature }, offers: [{ path, leafIndex: 0, proof: [] }] }
}

async function leafWith (change: Partial<Path>): Promise<SignedOffers> {
  const wire = Path.decode(encodePath({ ...samplePath(), ...ends, rsp: RSP }))
  return await signLeaf(Path.encode({ ...wire, ...change }))
}

describe('protocols/route/offer', () => {
  it('gives back what the RSP signed, with the tag that packets carry', async () => {
    const { root, offers } = await signOffers(PATHS, SIGN)
    const path = await verifyOffer(offers[0], root, EXPECT)

    assert.ok(path.rsp.equals(RSP))
    assert.deepEqual(path.forwarders.map(String), PATHS[0].forwarders.map(String))
    assert.deepEqual(path.prediction, PATHS[0].prediction)
    assert.deepEqual([path.pathNumber, path.notBeforeMs, path.expiresAtMs, path.maxBytesPerSecond], [7, NOW_MS, NOW_MS + 300_000, 6_250_000n])
    assert.deepEqual(path.queryDigest, ASKED.digest)
    assert.deepEqual(path.sourceCommitment, ASKED.sourceCommitment)
    assert.deepEqual(path.destinationCommitment, ASKED.destinationCommitment)
    assert.deepEqual(path.tag, Uint8Array.of(...sha256(RSP.toMultihash().bytes).subarray(0, 4), 0, 0, 0, 7))
  })

  it('can be shown alone, from what verification gives back', async () => {
    const { root, offers } = await signOffers(PATHS, SIGN)
    const shown = await verifyOffer(offers[2], root, EXPECT)

    const again = await verifyOffer(shown.offer, shown.root, { nowMs: NOW_MS })

    assert.equal(again.pathNumber, 9)
  })

  it('signs the answers to several queries with one root', async () => {
    const other = digestQuery(sampleQuery({ nonce: new Uint8Array(16) }))
    const { root, offers } = await signAnswers([answerTo(ASKED, PATHS), answerTo(other, []), answerTo(other, PATHS.slice(0, 2))], SIGN)

    assert.deepEqual(offers.map(list => list.map(({ leafIndex }) => leafIndex)), [[0, 1, 2], [], [3, 4]])
    const verified = await verifyRoot(root, EXPECT)
    assert.equal(verifyOfferUnder(verified, offers[0][1], EXPECT).pathNumber, 8)
    assert.equal(verifyOfferUnder(verified, offers[2][1], { queryDigest: other.digest, nowMs: NOW_MS }).pathNumber, 8)
    assert.throws(() => verifyOfferUnder(verified, offers[2][1], EXPECT), { name: 'OfferMismatchError' })
  })

  it('signs an answer without paths', async () => {
    const { root, offers } = await signOffers([], SIGN)
    assert.deepEqual(offers, [])
    assert.equal((await verifyRoot(root, EXPECT)).treeSize, 0)
  })

  it('holds for any set of distinct paths', async () => {
    const path = fc.record({
      forwarders: fc.shuffledSubarray(FORWARDERS.slice(0, 20), { minLength: 1, maxLength: 16 }),
      pathNumber: fc.nat({ max: 2 ** 32 - 1 }),
      notBeforeMs: fc.constant(NOW_MS),
      expiresAtMs: fc.integer({ min: NOW_MS + 1, max: NOW_MS + 600_000 }),
      maxBytesPerSecond: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      prediction: fc.record({ rttUs: fc.nat({ max: 60_000_000 }), rttMarginUs: fc.nat({ max: 60_000_000 }), lossPpm: fc.nat({ max: 1_000_000 }), confidence: fc.nat({ max: 1_000_000 }).map(ppm => ppm / 1_000_000), dataAgeMs: fc.nat(), lossMarginPpm: fc.nat({ max: 1_000_000 }), jitterUs: fc.nat({ max: 60_000_000 }), bytesPerSecond: fc.maxSafeNat(), loadPpm: fc.nat({ max: 1_000_000 }), price: fc.maxSafeNat() }, { noNullPrototype: true, requiredKeys: ['rttUs', 'rttMarginUs', 'lossPpm', 'confidence', 'dataAgeMs'] })
    })
    await fc.assert(fc.asyncProperty(fc.array(path, { minLength: 1, maxLength: 8 }), async paths => {
      const { root, offers } = await signOffers(paths, SIGN)
      const verified = await verifyRoot(root, EXPECT)
      for (const [i, offer] of offers.entries()) {
        const { forwarders, ...rest } = verifyOfferUnder(verified, offer, EXPECT)
        assert.deepEqual(forwarders.map(String), paths[i].forwarders.map(String))
        assert.deepEqual([rest.pathNumber, rest.expiresAtMs, rest.maxBytesPerSecond, rest.prediction], [paths[i].pathNumber, paths[i].expiresAtMs, paths[i].maxBytesPerSecond, paths[i].prediction])
      }
    }), { numRuns: 15 })
  })

  describe('is refused', () => {
    let root: SignedRoot
    let offers: Offer[]
    beforeEach(async () => { ({ root, offers } = await signOffers(PATHS, SIGN)) })

    const spoiled: Array<[string, string, () => [Offer, SignedRoot, Partial<typeof EXPECT>?]]> = [
      ['with a bad signature', 'InvalidSignatureError', () => [offers[0], { ...root, signature: flipped(root.signature) }]],
      ['with a root that was not signed', 'InvalidSignatureError', () => [offers[0], { ...root, root: flipped(root.root) }]],
      ['with another tree size than was signed', 'InvalidSignatureError', () => [offers[0], { ...root, treeSize: 4 }]],
      ['with another issue time than was signed', 'InvalidSignatureError', () => [offers[0], { ...root, issuedAtMs: NOW_MS + 1 }]],
      ['under the name of another RSP', 'InvalidSignatureError', () => [offers[0], { ...root, rsp: HOST_B }, { expectedRsp: HOST_B }]],
      ['from another RSP than expected', 'InvalidSignatureError', () => [offers[0], root, { expectedRsp: HOST_B }]],
      ['with a signature of another length', 'MalformedMessageError', () => [offers[0], { ...root, signature: new Uint8Array(63) }]],
      ['with an altered leaf', 'InvalidProofError', () => [{ ...offers[0], path: flipped(offers[0].path, 50) }, root]],
      ['with an altered proof', 'InvalidProofError', () => [{ ...offers[0], proof: [flipped(offers[0].proof[0]), offers[0].proof[1]] }, root]],
      ['with a proof that is too short', 'InvalidProofError', () => [{ ...offers[0], proof: offers[0].proof.slice(1) }, root]],
      ['with the wrong index', 'InvalidProofError', () => [{ ...offers[0], leafIndex: 1 }, root]],
      ['with an index outside the tree', 'InvalidProofError', () => [{ ...offers[0], leafIndex: 3 }, root]],
      ['with the proof of another path', 'InvalidProofError', () => [{ ...offers[0], proof: offers[1].proof }, root]],
      ['as an answer to another query', 'OfferMismatchError', () => [offers[0], root, { queryDigest: flipped(ASKED.digest) }]],
      ['when it has expired', 'ExpiredError', () => [offers[0], root, { nowMs: NOW_MS + 300_000 + MINUTE_MS + 1 }]],
      ['when its root is older than any offer may be', 'ExpiredError', () => [offers[0], root, { nowMs: NOW_MS + 600_000 + MINUTE_MS + 1 }]],
      ['when its root comes from the future', 'NotYetValidError', () => [offers[0], root, { nowMs: NOW_MS - MINUTE_MS - 1 }]]
    ]
    for (const [name, error, make] of spoiled) {
      it(`${name}: ${error}`, async () => {
        const [offer, changed, expected] = make()
        await assert.rejects(verifyOffer(offer, changed, { ...EXPECT, ...expected }), { name: error })
      })
    }

    const leaves: Array<[string, string, () => Partial<Path>]> = [
      ['when a forwarder stands on it twice', 'PathNotSimpleError', () => ({ forwarders: [0, 1, 0].map(i => Path.decode(offers[0].path).forwarders[i]) })],
      ['with 17 forwarders', 'PathTooLongError', () => ({ forwarders: FORWARDERS.slice(0, 17).map(peer => Uint8Array.from(peer.toMultihash().bytes)) })],
      ['without forwarders', 'MalformedMessageError', () => ({ forwarders: [] })],
      ['without a prediction', 'MalformedMessageError', () => ({ prediction: undefined })],
      ['with a commitment of another length', 'MalformedMessageError', () => ({ sourceCommitment: new Uint8Array(20) })],
      ['when it speaks for another RSP than signed', 'InvalidSignatureError', () => ({ rsp: Uint8Array.from(HOST_B.toMultihash().bytes) })],
      ['when it holds for longer than 10 minutes', 'MalformedMessageError', () => ({ expiresAtMs: BigInt(NOW_MS + 600_001) })],
      ['when it expires before it begins', 'MalformedMessageError', () => ({ expiresAtMs: BigInt(NOW_MS) })],
      ['when it expires more than 10 minutes after its issue', 'MalformedMessageError', () => ({ notBeforeMs: BigInt(NOW_MS + 2_000), expiresAtMs: BigInt(NOW_MS + 600_002) })],
      ['when it holds only later', 'NotYetValidError', () => ({ notBeforeMs: BigInt(NOW_MS + MINUTE_MS + 1), expiresAtMs: BigInt(NOW_MS + 5 * MINUTE_MS) })],
      ['with more loss than everything', 'MalformedMessageError', () => predicting({ lossPpm: 1_000_001 })],
      ['with more confidence than certainty', 'MalformedMessageError', () => predicting({ confidencePpm: 1_000_001 })],
      ['with a loss that is off by more than everything', 'MalformedMessageError', () => predicting({ lossMarginPpm: 1_000_001 })],
      ['with a jitter of more than a minute', 'MalformedMessageError', () => predicting({ jitterUs: 60_000_001 })],
      ['with more load than there can be', 'MalformedMessageError', () => predicting({ loadPpm: 1_000_001 })],
      ['with a rate that no number holds', 'MalformedMessageError', () => predicting({ bytesPerSecond: 2n ** 53n })],
      ['with the margin of a rate and no rate', 'MalformedMessageError', () => predicting({ rateMarginBytesPerSecond: 1n })],
      ['with a price that no number holds', 'MalformedMessageError', () => predicting({ price: 2n ** 64n - 1n })]
    ]
    for (const [name, error, change] of leaves) {
      it(`${name}, although it is signed: ${error}`, async () => {
        const signed = await leafWith(change())
        await assert.rejects(verifyOffer(signed.offers[0], signed.root, EXPECT), { name: error })
      })
    }

    it('with bytes of any kind for a leaf: only typed errors', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        const signed = await signLeaf(bytes)
        await assert.rejects(verifyOffer(signed.offers[0], signed.root, EXPECT), error => error instanceof BywayError)
      }), { numRuns: 50 })
    })

    it('with a key that is not in the peer id: InvalidSignatureError', async () => {
      const rsp = peerIdFromPrivateKey(await generateKeyPair('secp256k1'))
      await assert.rejects(verifyOffer(offers[0], { ...root, rsp }, { nowMs: NOW_MS }), { name: 'InvalidSignatureError' })
    })
  })

  describe('holds within the clock skew', () => {
    for (const [name, nowMs] of [['just before its issue', NOW_MS - MINUTE_MS], ['just after its expiry', NOW_MS + 300_000 + MINUTE_MS]] as const) {
      it(name, async () => {
        const { root, offers } = await signOffers(PATHS, SIGN)
        assert.equal((await verifyOffer(offers[0], root, { ...EXPECT, nowMs })).pathNumber, 7)
      })
    }
  })

  describe('is not signed', () => {
    const bad: Array<[string, string, Partial<PathInit>]> = [
      ['with a forwarder twice', 'PathNotSimpleError', { forwarders: [FORWARDERS[0], FORWARDERS[0]] }],
      ['with 17 forwarders', 'PathTooLongError', { forwarders: FORWARDERS.slice(0, 17) }],
      ['for longer than 10 minutes', 'MalformedMessageError', { expiresAtMs: NOW_MS + 600_001 }],
      ['with an RTT that is no number', 'MalformedMessageError', { prediction: { ...samplePath().prediction, rttUs: Number.NaN } }],
      ['with a rate below nothing', 'MalformedMessageError', { prediction: { ...samplePath().prediction, bytesPerSecond: -1 } }],
      ['with a price that is no number', 'MalformedMessageError', { prediction: { ...samplePath().prediction, price: Number.POSITIVE_INFINITY } }],
      ['with a path number over 32 bits', 'MalformedMessageError', { pathNumber: 2 ** 32 }],
      ['with a rate over 64 bits', 'MalformedMessageError', { maxBytesPerSecond: 2n ** 64n }]
    ]
    for (const [name, error, change] of bad) {
      it(`${name}: ${error}`, async () => {
        await assert.rejects(signOffers([samplePath(change)], SIGN), { name: error })
      })
    }

    it('with a key that peer ids do not embed as Ed25519', async () => {
      await assert.rejects(signOffers(PATHS, { ...SIGN, privateKey: await generateKeyPair('secp256k1') }), { name: 'TypeError', message: /Ed25519/ })
    })
  })

  describe('as part of an answer', () => {
    const check = async (paths: PathInit[], change: Partial<typeof ends> = {}): ReturnType<typeof checkAnswer> =>
      await checkAnswer(await signOffers(paths, { ...SIGN, ...change }), ASKED, { expectedRsp: RSP, nowMs: NOW_MS })

    it('is kept in the order of the answer', async () => {
      const { paths, refused } = await check(PATHS)
      assert.deepEqual(paths.map(({ pathNumber }) => pathNumber), [7, 8, 9])
      assert.deepEqual(refused, [])
    })

    it('is refused alone when it is bad, and the others are kept', async () => {
      const answer = await signOffers(PATHS, SIGN)
      answer.offers[1] = { ...answer.offers[1], proof: [] }

      const { paths, refused } = await checkAnswer(answer, ASKED, { expectedRsp: RSP, nowMs: NOW_MS })

      assert.deepEqual(paths.map(({ pathNumber }) => pathNumber), [7, 9])
      assert.deepEqual(refused.map(({ index, error }) => [index, error.name]), [[1, 'InvalidProofError']])
    })

    const strange: Array<[string, PathInit[], Partial<typeof ends>?]> = [
      ['begins at a forwarder that the source did not name', [samplePath({ forwarders: [FORWARDERS[5], FORWARDERS[2]] })]],
      ['ends at a forwarder that the destination did not name', [samplePath({ forwarders: [FORWARDERS[0], FORWARDERS[5]] })]],
      ['visits a forwarder to avoid', [samplePath({ forwarders: [FORWARDERS[0], FORWARDERS[9], FORWARDERS[2]] })]],
      ['has another source commitment', [samplePath()], { sourceCommitment: new Uint8Array(32) }],
      ['has another destination commitment', [samplePath()], { destinationCommitment: new Uint8Array(32) }]
    ]
    for (const [name, paths, change] of strange) {
      it(`is refused when it ${name}`, async () => {
        const { refused } = await check(paths, change)
        assert.deepEqual(refused.map(({ index, error }) => [index, error.name]), [[0, 'OfferMismatchError']])
      })
    }

    it('is refused when its path number stands in the answer already', async () => {
      const { paths, refused } = await check([samplePath(), samplePath({ forwarders: [FORWARDERS[0]] })])
      assert.equal(paths.length, 1)
      assert.deepEqual(refused.map(({ index, error }) => [index, error.name]), [[1, 'OfferMismatchError']])
    })

    it('spoils the whole answer when there are more than were asked for', async () => {
      await assert.rejects(check([...PATHS, samplePath({ pathNumber: 10 })]), { name: 'MalformedMessageError', message: /4 offers where 3/ })
    })

    it('spoils the whole answer when another key signed it', async () => {
      await assert.rejects(check(PATHS, { privateKey: await keyOf(99) } as Partial<typeof ends>), { name: 'InvalidSignatureError' })
    })
  })
})
