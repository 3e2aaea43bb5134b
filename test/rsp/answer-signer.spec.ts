import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { AnswerSigner } from '../../src/rsp/answer-signer.ts'
import { verifyOfferUnder, verifyRoot } from '../../protocols/route/offer.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import type { Answer, PathInit } from '../../protocols/route/offer.ts'

const FORWARDERS = await Promise.all([10, 11, 12].map(peerOf))

function answer (number: number, change: Partial<PathInit> = {}): Answer {
  const prediction = { rttUs: 1_000, rttMarginUs: 100, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 }
  const bytes = new Uint8Array(32).fill(number)
  return {
    paths: [{ forwarders: FORWARDERS, pathNumber: number, notBeforeMs: NOW_MS, expiresAtMs: NOW_MS + 60_000, maxBytesPerSecond: 0n, prediction, ...change }],
    queryDigest: bytes,
    sourceCommitment: bytes,
    destinationCommitment: bytes
  }
}

describe('signing of answers', () => {
  let signer: AnswerSigner
  let turns: Array<() => void>

  beforeEach(async () => {
    turns = []
    signer = new AnswerSigner({ privateKey: await generateKeyPair('Ed25519'), now: () => NOW_MS, endOfTurn: (run) => { turns.push(run) } })
  })

  function endTurn (): void {
    for (const run of turns.splice(0)) run()
  }

  it('those of one turn have one signature, and each can be shown alone', async () => {
    const signed = [1, 2, 3].map(async (number) => signer.sign(answer(number)))
    endTurn()
    const offers = await Promise.all(signed)
    assert.deepEqual(signer.counters, { signatures: 1, answers: 3 })
    for (const [i, { root, offers: [offer] }] of offers.entries()) {
      const path = verifyOfferUnder(await verifyRoot(root, { nowMs: NOW_MS }), offer, { nowMs: NOW_MS, queryDigest: new Uint8Array(32).fill(i + 1) })
      assert.equal(path.pathNumber, i + 1)
    }
  })

  it('those of another turn have another one', async () => {
    const first = signer.sign(answer(1))
    endTurn()
    const second = signer.sign(answer(2))
    endTurn()
    assert.notDeepEqual((await first).root.signature, (await second).root.signature)
    assert.equal(signer.counters.signatures, 2)
  })

  it('one that cannot be signed spoils no other, regression: which have one signature all the same', async () => {
    const bad = [1, 2].map(async () => assert.rejects(signer.sign(answer(1, { forwarders: [FORWARDERS[0], FORWARDERS[0]] })), { name: 'PathNotSimpleError' }))
    const good = [3, 4, 5].map(async (number) => signer.sign(answer(number)))
    endTurn()
    await Promise.all(bad)
    assert.deepEqual((await Promise.all(good)).map(({ offers }) => offers.length), [1, 1, 1])
    assert.deepEqual(signer.counters, { signatures: 1, answers: 3 })
  })

  it('all are refused where nothing can be signed', async () => {
    signer = new AnswerSigner({ privateKey: await generateKeyPair('secp256k1'), now: () => NOW_MS, endOfTurn: (run) => { turns.push(run) } })
    const refused = [1, 2].map(async (number) => assert.rejects(signer.sign(answer(number)), TypeError))
    endTurn()
    await Promise.all(refused)
  })

  it('many are signed before the turn ends', async () => {
    const signed = Array.from({ length: 600 }, async (_, i) => signer.sign(answer(i & 0xff)))
    endTurn()
    assert.equal((await Promise.all(signed)).length, 600)
    assert.equal(signer.counters.signatures, 3)
  })
})
