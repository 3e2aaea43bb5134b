import assert from 'node:assert/strict'
import { generateKeyPair, publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromPublicKey } from '@libp2p/peer-id'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import {
  checkOrderAge, decodeOrder, encodeOrder, orderIdOf, signEcho, signOrder, verifyEcho, verifyOrderSignature
} from '../../../protocols/setup/order.ts'
import { Order as WireOrder } from '../../../protocols/setup/setup.pb.ts'
import golden from '../../fixtures/wire/setup.json' with { type: 'json' }
import { DESTINATION_KEY, HOST_A, HOST_B, NOW_MS, sampleOrder, SIGNED, SOURCE_KEY, spelledAnew, withBitFlipped } from './install-samples.ts'
import type { Order } from '../../../protocols/setup/order.ts'
import type { PeerId } from '@libp2p/interface'

const MALFORMED = { name: 'MalformedMessageError' }
const secp256k1Key = await generateKeyPair('secp256k1')
const secp256k1 = peerIdFromPrivateKey(secp256k1Key)

describe('protocols/setup/order', () => {
  it('has the first 16 bytes of SHA-256 over domain and bytes as its id', () => {
    assert.deepEqual(SIGNED.id, sha256(concat([fromString('byway-setup-order:'), SIGNED.order])).slice(0, 16))
    assert.deepEqual(decodeOrder(SIGNED.order).id, SIGNED.id)
  })

  it('has an id of the bytes as sent, with fields that nobody knows', () => {
    const other = spelledAnew(SIGNED.order)
    assert.notDeepEqual(orderIdOf(other), SIGNED.id)
    assert.deepEqual(decodeOrder(other).id, orderIdOf(other))
  })

  it('is signed by its source', async () => {
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, HOST_A), true)
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, HOST_B), false)
  })

  it('is not signed any more when a bit of it or of the signature is another', async () => {
    const bits = 8 * (SIGNED.order.length + SIGNED.signature.length)
    await fc.assert(fc.asyncProperty(fc.nat({ max: bits - 1 }), async bit => {
      const both = withBitFlipped(concat([SIGNED.order, SIGNED.signature]), bit)
      const [order, signature] = [both.subarray(0, SIGNED.order.length), both.subarray(SIGNED.order.length)]
      assert.equal(await verifyOrderSignature(order, signature, HOST_A), false)
    }), { numRuns: 400 })
  })

  it('takes no signature of another length, of another kind of key, or of a key that is no point', async () => {
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature.subarray(1), HOST_A), false)
    const anyKey = { publicKey: { type: 'secp256k1', verify: () => true } } as unknown as PeerId
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, anyKey), false)
    const noPoint = peerIdFromPublicKey(publicKeyFromRaw(new Uint8Array(32).fill(0xff)))
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, noPoint), false)
  })

  it('counts a platform that rejects, or throws, as no signature', async () => {
    const withVerify = (verify: () => Promise<boolean>): PeerId => ({ publicKey: { type: 'Ed25519', verify } }) as unknown as PeerId
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, withVerify(async () => { throw new Error('no') })), false)
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, withVerify(() => { throw new Error('no') })), false)
    assert.equal(await verifyOrderSignature(SIGNED.order, SIGNED.signature, withVerify(async () => true)), true)
  })

  it('has a signature that is no Buffer, whose slices would share memory', async () => {
    assert.ok(!Buffer.isBuffer(SIGNED.signature) && !Buffer.isBuffer(await signEcho(SIGNED.id, DESTINATION_KEY)))
  })

  it('is signed with the key of its source only', async () => {
    await assert.rejects(signOrder(sampleOrder(), DESTINATION_KEY), { name: 'TypeError' })
    await assert.rejects(signOrder(sampleOrder({ source: secp256k1 }), secp256k1Key), { name: 'TypeError' })
  })

  it('is at most 60 s old or ahead', () => {
    const order = sampleOrder()
    checkOrderAge(order, NOW_MS - 60_000)
    checkOrderAge(order, NOW_MS + 60_000)
    assert.throws(() => { checkOrderAge(order, NOW_MS + 60_001) }, { name: 'ExpiredError' })
    assert.throws(() => { checkOrderAge(order, NOW_MS - 60_001) }, { name: 'NotYetValidError', code: 'EXPIRED', validFromMs: NOW_MS - 60_000 })
  })

  describe('bounds', () => {
    const bad: Array<[string, Partial<Order>]> = [
      ['a short source salt', { sourceSalt: new Uint8Array(15) }],
      ['a long destination salt', { destinationSalt: new Uint8Array(17) }],
      ['a path digest of 31 bytes', { pathDigest: new Uint8Array(31) }],
      ['no flow label', { flowLabel: new Uint8Array(0) }],
      ['a nonce of 17 bytes', { nonce: new Uint8Array(17) }],
      ['an anchor of 32 bytes', { anchor: new Uint8Array(32) }],
      ['a source without an Ed25519 identity', { source: secp256k1 }],
      ['a destination without an Ed25519 identity', { destination: secp256k1 }]
    ]
    for (const [name, change] of bad) {
      it(`neither sends nor takes ${name}`, () => {
        const { source, destination, want: _, issuedAtMs, ...bytes } = sampleOrder(change)
        const wire = {
          ...bytes, source: source.toMultihash().bytes, destination: destination.toMultihash().bytes, issuedAtMs: BigInt(issuedAtMs)
        } as Partial<WireOrder>
        assert.throws(() => encodeOrder(sampleOrder(change)), MALFORMED)
        assert.throws(() => decodeOrder(WireOrder.encode(wire)), MALFORMED)
      })
    }

    it('neither sends nor takes a time that is no exact number of ms', () => {
      assert.throws(() => encodeOrder(sampleOrder({ issuedAtMs: 0.5 })), MALFORMED)
      assert.throws(() => decodeOrder(WireOrder.encode({ ...WireOrder.decode(SIGNED.order), issuedAtMs: 2n ** 63n })), MALFORMED)
    })

    it('takes no peer id that is none, and no wish that is not known', () => {
      const wire = WireOrder.decode(SIGNED.order)
      assert.throws(() => decodeOrder(WireOrder.encode({ ...wire, source: new Uint8Array(0) })), MALFORMED)
      const want2 = fromString(`${golden.orderForAuthenticators.slice(0, -2)}02`, 'base16')
      assert.throws(() => decodeOrder(want2), MALFORMED)
    })

    it('shares no memory with the bytes that it read', () => {
      const buffer = Buffer.from(SIGNED.order)
      const read = decodeOrder(buffer)
      buffer.fill(0)
      assert.deepEqual(read.anchor, sampleOrder().anchor)
      assert.equal(read.anchor.buffer.byteLength, 16)
      assert.ok(read.source.equals(HOST_A))
    })
  })

  describe('echo', () => {
    it('is signed by the destination over the id of the order', async () => {
      const echo = await signEcho(SIGNED.id, DESTINATION_KEY)
      assert.ok(await verifyEcho(SIGNED.id, echo, HOST_B))
      assert.ok(!await verifyEcho(SIGNED.id, echo, HOST_A))
      assert.ok(!await verifyEcho(SIGNED.id.toReversed(), echo, HOST_B))
      assert.ok(!await verifyEcho(SIGNED.id, new Uint8Array(0), HOST_B))
    })

    it('cannot be the signature of an order, nor the other way round', async () => {
      const { signature } = await signOrder(sampleOrder(), SOURCE_KEY)
      assert.ok(!await verifyEcho(SIGNED.order, signature, HOST_A))
      assert.equal(await verifyOrderSignature(SIGNED.id, await signEcho(SIGNED.id, SOURCE_KEY), HOST_A), false)
    })

    it('needs an Ed25519 identity', async () => {
      await assert.rejects(signEcho(SIGNED.id, secp256k1Key), { name: 'TypeError' })
      const signature = await secp256k1Key.sign(concat([fromString('byway-setup-echo:'), SIGNED.id]))
      assert.ok(!await verifyEcho(SIGNED.id, signature, secp256k1))
    })
  })
})
