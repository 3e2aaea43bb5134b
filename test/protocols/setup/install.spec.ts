import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BywayError } from '../../../protocols/errors.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { commit, encodeAnswer } from '../../../protocols/route/codec.ts'
import { signOffers } from '../../../protocols/route/offer.ts'
import { decodeInstall, encodeInstall } from '../../../protocols/setup/codec.ts'
import { checkPlace, openInstall, verifyOrder } from '../../../protocols/setup/install.ts'
import { signOrder } from '../../../protocols/setup/order.ts'
import { VerifiedPaths } from '../../../protocols/setup/verified-paths.ts'
import { ASKED, FORWARDERS, keyOf, peerOf, RSP_KEY, SALT_A, SALT_B, samplePath } from '../route/samples.ts'
import {
  AUTHORITY, authorityOf, COOKIE, DESTINATION_KEY, HOST_A, HOST_B, LABEL, NOW_MS, sampleInstall, sampleOrder, SIGNED, SOURCE_KEY, withBitFlipped
} from './install-samples.ts'
import type { Install } from '../../../protocols/setup/codec.ts'
import type { OpenedInstall, Place } from '../../../protocols/setup/install.ts'
import type { Order } from '../../../protocols/setup/order.ts'
import type { PeerId } from '@libp2p/interface'

const paths = new VerifiedPaths()
const PATH = await paths.open(AUTHORITY, NOW_MS)
const [F1, F2, F3] = samplePath().forwarders
const STRANGER = await peerOf(99)
const MALFORMED = { name: 'MalformedMessageError' }
const NOT_AUTHORIZED = { name: 'NotAuthorizedError' }

async function orderedInstall (order: Partial<Order>, change: Partial<Install> = {}): Promise<Install> {
  const signed = await signOrder(sampleOrder(order), SOURCE_KEY)
  return sampleInstall({ order: signed.order, signature: signed.signature, ...change })
}

const AUTHENTICATORS = await orderedInstall({ want: 'authenticators' })

function opened (change: Partial<Install> = {}): OpenedInstall {
  return openInstall(sampleInstall(change), PATH)
}

function placeOf (change: Partial<Install>, self: PeerId, caller: PeerId): Place {
  return checkPlace(opened(change), { self, caller })
}

/** A path between other ends than those of the samples, with the order that opens it. */
async function between (source: PeerId, destination: PeerId): Promise<() => OpenedInstall> {
  const { root, offers } = await signOffers([samplePath()], {
    queryDigest: ASKED.digest,
    sourceCommitment: commit(SALT_A, source),
    destinationCommitment: commit(SALT_B, destination),
    privateKey: RSP_KEY,
    nowMs: NOW_MS
  })
  const path = await paths.open(encodeAnswer({ root, offers }), NOW_MS)
  const key = await Promise.all([2, 10, 12].map(keyOf)).then(keys => keys.find(key => key.publicKey.equals(source.publicKey)))
  assert.ok(key != null)
  const { order } = await signOrder(sampleOrder({ source, destination, pathDigest: path.pathDigest }), key)
  return () => openInstall(sampleInstall({ order }), path)
}

describe('protocols/setup/install', () => {
  describe('opening', () => {
    const places: Array<[number, PeerId, PeerId, PeerId | undefined]> = [[0, F1, HOST_A, F2], [1, F2, F1, F3], [2, F3, F2, HOST_B], [3, HOST_B, F3, undefined]]
    for (const [index, receiver, previous, next] of places) {
      it(`says who is around index ${index}`, () => {
        const install = opened({ index })

        assert.deepEqual([install.receiver, install.previous, install.next].map(String), [receiver, previous, next].map(String))
        assert.deepEqual(install.previousNode, nodeIdOf(previous))
        assert.deepEqual(install.nextNode, next && nodeIdOf(next))
        assert.deepEqual([install.isExit, install.isDestination], [index === 2, index === 3])
      })
    }

    it('says who is around the only forwarder of a path', async () => {
      const authority = await authorityOf({ forwarders: [F1] })
      const path = await paths.open(authority, NOW_MS)
      const install = openInstall(await orderedInstall({ pathDigest: path.pathDigest }, { authority }), path)

      assert.deepEqual([install.receiver, install.previous, install.next].map(String), [F1, HOST_A, HOST_B].map(String))
      assert.deepEqual([install.previousNode, install.nextNode], [nodeIdOf(HOST_A), nodeIdOf(HOST_B)])
      assert.ok(install.isExit)
    })

    it('gives the order with its id, and what came with it', () => {
      const proofs = [{ index: 0, cookie: COOKIE }]
      const install = opened({ proofs, bound: true })

      assert.ok(install.order.source.equals(HOST_A))
      assert.deepEqual([install.orderBytes, install.orderId, install.signature], [SIGNED.order, SIGNED.id, SIGNED.signature])
      assert.deepEqual([install.proofs, install.bound, install.backLabel, install.path], [proofs, true, LABEL, PATH])
    })

    it('refuses an index beyond the destination', () => {
      assert.throws(() => opened({ index: 4 }), { ...MALFORMED, message: /index 4/ })
    })

    it('refuses an order for another path', async () => {
      const install = await orderedInstall({ pathDigest: new Uint8Array(32) })
      assert.throws(() => openInstall(install, PATH), { ...MALFORMED, message: /another path/ })
    })

    it('refuses an order that is none', () => {
      assert.throws(() => opened({ order: new Uint8Array(7) }), MALFORMED)
    })

    const ends: Array<[string, Partial<Order>]> = [
      ['source', { sourceSalt: SALT_B }],
      ['destination', { destinationSalt: SALT_A }],
      ['destination', { destination: STRANGER }]
    ]
    for (const [end, change] of ends) {
      it(`refuses an order that does not open the commitment to its ${end}: another ${Object.keys(change)[0]}`, async () => {
        const install = await orderedInstall(change)
        assert.throws(() => openInstall(install, PATH), { ...NOT_AUTHORIZED, message: new RegExp(end) })
      })
    }

    it('refuses an order of somebody who uses the path of another', async () => {
      const { order, signature } = await signOrder(sampleOrder({ source: HOST_B, destination: HOST_A }), DESTINATION_KEY)
      assert.throws(() => opened({ order, signature }), { ...NOT_AUTHORIZED, message: /source/ })
    })

    it('refuses a path from a host to itself, though its RSP has signed it', async () => {
      assert.throws(await between(HOST_A, HOST_A), { ...MALFORMED, message: /the same/ })
    })

    it('refuses a path that begins or ends at one of its forwarders, though its RSP has signed it', async () => {
      assert.throws(await between(F1, HOST_B), { ...MALFORMED, message: /one of its forwarders/ })
      assert.throws(await between(HOST_A, F3), { ...MALFORMED, message: /one of its forwarders/ })
      assert.ok(F3.equals(FORWARDERS[2]))
    })
  })

  describe('place', () => {
    const backLabel = undefined
    const good: Array<[string, Partial<Install>, PeerId, PeerId, Place]> = [
      ['the first forwarder, asked by the source', {}, F1, HOST_A, { isHopBefore: true, isSource: true }],
      ['a forwarder, asked by the one before', { index: 1 }, F2, F1, { isHopBefore: true, isSource: false }],
      ['the exit, asked by the one before', { index: 2 }, F3, F2, { isHopBefore: true, isSource: false }],
      ['the destination, asked by the exit', { index: 3 }, HOST_B, F3, { isHopBefore: true, isSource: false }],
      ['the exit, asked by the source hop by hop', { index: 2, backLabel }, F3, HOST_A, { isHopBefore: false, isSource: true }],
      ['a forwarder, asked by the source hop by hop', { index: 1, backLabel, bound: true }, F2, HOST_A, { isHopBefore: false, isSource: true }],
      ['the first forwarder, asked by the source hop by hop', { bound: true }, F1, HOST_A, { isHopBefore: true, isSource: true }]
    ]
    for (const [who, change, self, caller, place] of good) {
      it(`is right for ${who}`, () => {
        assert.deepEqual(placeOf(change, self, caller), place)
      })
    }

    const authenticators = { order: AUTHENTICATORS.order, signature: AUTHENTICATORS.signature, backLabel }
    for (const [index, self] of [F1, F2, F3].entries()) {
      it(`is right for forwarder ${index}, asked alone for an authenticator`, () => {
        assert.deepEqual(placeOf({ ...authenticators, index, bound: true }, self, HOST_A), { isHopBefore: index === 0, isSource: true })
      })
    }

    it('needs no back label for authenticators', () => {
      assert.deepEqual(placeOf({ ...authenticators, index: 1 }, F2, F1), { isHopBefore: true, isSource: false })
    })

    const wrongReceiver: Array<[string, number, PeerId, PeerId]> = [
      ['a forwarder at another index', 1, F1, F1],
      ['a node that is not on the path', 0, STRANGER, HOST_A],
      ['a forwarder, where the destination is meant', 3, F3, F3],
      ['the destination, where a forwarder is meant', 2, HOST_B, F2]
    ]
    for (const [who, index, self, caller] of wrongReceiver) {
      it(`refuses what is not for ${who}`, () => {
        assert.throws(() => placeOf({ index }, self, caller), { ...MALFORMED, message: /another node/ })
      })
    }

    const wrongCaller: Array<[string, number, PeerId, PeerId]> = [
      ['a stranger', 0, F1, STRANGER],
      ['the next hop', 1, F2, F3],
      ['a forwarder two hops before', 2, F3, F1],
      ['the destination', 2, F3, HOST_B],
      ['a forwarder that is not the exit, of the destination', 3, HOST_B, F2]
    ]
    for (const [who, index, self, caller] of wrongCaller) {
      it(`refuses the call of ${who}`, () => {
        assert.throws(() => placeOf({ index }, self, caller), NOT_AUTHORIZED)
      })
    }

    const oddLabels: Array<[string, Partial<Install>, PeerId, PeerId, RegExp]> = [
      ['a hop before that gives no back label', { index: 1, backLabel }, F2, F1, /has to give/],
      ['a source that gives a back label to a forwarder that is not next to it', { index: 2 }, F3, HOST_A, /only the hop before/],
      ['a hop before that says bound', { index: 1, bound: true }, F2, F1, /bound/],
      ['a bound install of the exit, which has to ask the destination', { index: 2, backLabel, bound: true }, F3, HOST_A, /bound/],
      ['a bound install of the destination', { ...authenticators, index: 3, bound: true }, HOST_B, HOST_A, /bound/]
    ]
    for (const [what, change, self, caller, message] of oddLabels) {
      it(`refuses ${what}`, () => {
        assert.throws(() => placeOf(change, self, caller), { ...MALFORMED, message })
      })
    }
  })

  describe('order', () => {
    it('holds within 60 s when its source has signed it', async () => {
      await verifyOrder(opened(), NOW_MS + 60_000)
      await verifyOrder(opened(), NOW_MS - 60_000)
    })

    it('is checked at once on this platform', () => {
      assert.equal(verifyOrder(opened(), NOW_MS), undefined)
    })

    it('refuses one that is older or further ahead', () => {
      assert.throws(() => verifyOrder(opened(), NOW_MS + 60_001), { name: 'ExpiredError' })
      assert.throws(() => verifyOrder(opened(), NOW_MS - 60_001), { code: 'EXPIRED' })
    })

    it('refuses one without a signature, and with that of somebody else', async () => {
      assert.throws(() => verifyOrder(opened({ signature: undefined }), NOW_MS), { name: 'InvalidSignatureError' })
      const signature = await DESTINATION_KEY.sign(SIGNED.order)
      assert.throws(() => verifyOrder(opened({ signature }), NOW_MS), { name: 'InvalidSignatureError' })
    })

    it('refuses one with the signature of another order', async () => {
      const { signature } = await signOrder(sampleOrder({ nonce: new Uint8Array(16) }), SOURCE_KEY)
      assert.throws(() => verifyOrder(opened({ signature }), NOW_MS), { name: 'InvalidSignatureError' })
    })

    it('rejects where the platform takes its time', async () => {
      const slow = (verdict: boolean): OpenedInstall => {
        const install = opened()
        const source = { publicKey: { type: 'Ed25519', verify: async () => verdict } } as unknown as PeerId
        return { ...install, order: { ...install.order, source } }
      }
      await verifyOrder(slow(true), NOW_MS)
      await assert.rejects(async () => { await verifyOrder(slow(false), NOW_MS) }, { name: 'InvalidSignatureError' })
    })
  })

  it('takes no install of which one bit of order or signature is another', async () => {
    const { order, signature } = SIGNED
    const bits = 8 * (order.length + signature.length)
    await fc.assert(fc.asyncProperty(fc.nat({ max: bits - 1 }), async bit => {
      const change = bit < 8 * order.length ? { order: withBitFlipped(order, bit) } : { signature: withBitFlipped(signature, bit - 8 * order.length) }
      await assert.rejects(async () => {
        const install = opened(change)
        checkPlace(install, { self: F1, caller: HOST_A })
        await verifyOrder(install, NOW_MS)
      }, BywayError)
    }), { numRuns: 400 })
  })

  it('throws only typed errors for an install with some bytes changed', async () => {
    const good = encodeInstall(sampleInstall({ index: 1, proofs: [{ index: 1, cookie: COOKIE }] }))
    const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }))
    await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async changes => {
      const bytes = Uint8Array.from(good)
      for (const [at, value] of changes) {
        bytes[at] = value
      }
      try {
        const install = openInstall(decodeInstall(bytes), PATH)
        checkPlace(install, { self: F2, caller: F1 })
        await verifyOrder(install, NOW_MS)
        // only what no check is about may differ: the authority's bytes, the label, proofs
        assert.deepEqual([install.orderBytes, install.signature, install.index], [SIGNED.order, SIGNED.signature, 1])
      } catch (error) {
        assert.ok(error instanceof BywayError, String(error))
      }
    }), { numRuns: 500 })
  })
})
