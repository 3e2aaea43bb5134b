import assert from 'node:assert/strict'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { BywayError } from '../../../protocols/errors.ts'
import { encodeAnswer } from '../../../protocols/route/codec.ts'
import {
  decodeBind, decodeBound, decodeFailure, decodeInstall, decodeInstalled, decodeRefresh, decodeRefreshed, decodeRemove,
  encodeBind, encodeBound, encodeInstall, encodeInstalled, encodeRefresh, encodeRefreshed, encodeRemove
} from '../../../protocols/setup/codec.ts'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from '../../../protocols/setup/constants.ts'
import { decodeOrder } from '../../../protocols/setup/order.ts'
import {
  Bind as WireBind, Install as WireInstall, Installed as WireInstalled, Refresh as WireRefresh, Refreshed as WireRefreshed, Remove as WireRemove
} from '../../../protocols/setup/setup.pb.ts'
import golden from '../../fixtures/wire/setup.json' with { type: 'json' }
import { RSP } from '../route/samples.ts'
import { COOKIE, LABEL, NOW_MS, sampleInstall } from './install-samples.ts'
import type { Install, Installed, Proof } from '../../../protocols/setup/codec.ts'

const MALFORMED = { name: 'MalformedMessageError' }

const arbitraryBytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const plain = { noNullPrototype: true }
const label = fc.record({ slot: fc.nat({ max: 2 ** 32 - 1 }), check: fc.nat({ max: 2 ** 32 - 1 }) }, plain)
const proof: fc.Arbitrary<Proof> = fc.record({ index: fc.nat({ max: 16 }), cookie: arbitraryBytes(20), solution: optional(arbitraryBytes(8)) }, plain)

const install: fc.Arbitrary<Install> = fc.record({
  authority: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  order: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  signature: optional(arbitraryBytes(64)),
  index: fc.nat({ max: 16 }),
  backLabel: optional(label),
  bound: fc.boolean(),
  proofs: fc.uniqueArray(proof, { maxLength: 16, selector: ({ index }) => index })
}, plain)

const installed: fc.Arbitrary<Installed> = fc.record({
  label: optional(label),
  leaseMs: fc.nat({ max: 60_000 }),
  echo: optional(arbitraryBytes(64)),
  authenticators: fc.array(arbitraryBytes(8), { maxLength: 16 })
}, plain)

function bringsBack<T> (name: string, values: fc.Arbitrary<T>, encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array) => T): void {
  it(`brings back any ${name}`, () => {
    fc.assert(fc.property(values, value => { assert.deepEqual(decode(encode(value)), value) }), { numRuns: 100 })
  })
}

/** Of what is allowed: neither sent nor, as `wire` spells it, taken. */
function refuses (what: string, encode: (() => Uint8Array) | undefined, decode: () => unknown): void {
  it(`${encode == null ? 'does not take' : 'neither sends nor takes'} ${what}`, () => {
    if (encode != null) {
      assert.throws(encode, MALFORMED)
    }
    assert.throws(decode, MALFORMED)
  })
}

const proofsOf = (...indices: number[]): Proof[] => indices.map(index => ({ index, cookie: COOKIE }))
const wireProofs = (proofs: Proof[]): WireInstall['proofs'] => proofs.map(({ index, cookie }) => ({ index, cookie: Uint8Array.from(cookie), solution: new Uint8Array(0) }))
const wireInstall = (change: Partial<WireInstall>): (() => unknown) =>
  () => decodeInstall(WireInstall.encode({ ...WireInstall.decode(fromString(golden.install, 'base16')), ...change }))
const installOf = (change: Partial<Install>): (() => Uint8Array) => () => encodeInstall(sampleInstall(change))
const installedOf = (change: Partial<Installed>): (() => Uint8Array) => () => encodeInstalled({ leaseMs: 0, authenticators: [], ...change })

describe('protocols/setup/codec', () => {
  describe('round trip', () => {
    bringsBack('install', install, encodeInstall, decodeInstall)
    bringsBack('answer to an install', installed, encodeInstalled, decodeInstalled)
    bringsBack('bind', fc.record({ orderId: arbitraryBytes(16), backLabel: label }, plain), encodeBind, decodeBind)
    bringsBack('answer to a bind', fc.record({ label }, plain), encodeBound, decodeBound)
    bringsBack('refresh', fc.record({ label, chain: arbitraryBytes(16) }, plain), encodeRefresh, decodeRefresh)
    bringsBack('answer to a refresh', fc.record({ leaseMs: fc.nat({ max: 60_000 }) }, plain), encodeRefreshed, decodeRefreshed)
    bringsBack('removal', fc.oneof(fc.record({ label }, plain), fc.record({ orderId: arbitraryBytes(16) }, plain)), encodeRemove, decodeRemove)

    it('shares no memory with the bytes that it read, be they a Buffer', () => {
      const buffer = Buffer.from(golden.installWithEverything, 'hex')
      const read = decodeInstall(buffer)
      const before = structuredClone(read)
      buffer.fill(0)
      assert.deepEqual(read, before)
      assert.ok([read.authority, read.order, read.signature, read.proofs[0].cookie].every(bytes => bytes != null && !Buffer.isBuffer(bytes)))
    })

    it('keeps none of the memory of a message with a value that stays', () => {
      const { chain } = decodeRefresh(fromString(golden.refresh, 'base16'))
      assert.equal(chain.buffer.byteLength, 16)
      const { orderId } = decodeBind(fromString(golden.bind, 'base16'))
      assert.equal(orderId.buffer.byteLength, 16)
    })

    it('fits the longest install into a frame', () => {
      const hash = new Uint8Array(32)
      const root = { rsp: RSP, root: hash, treeSize: 2 ** 32, issuedAtMs: NOW_MS, signature: new Uint8Array(64) }
      const authority = encodeAnswer({ root, offers: [{ path: new Uint8Array(2_048), leafIndex: 2 ** 32 - 1, proof: Array<Uint8Array>(32).fill(hash) }] })
      const proofs = proofsOf(...Array.from({ length: 16 }, (_, i) => i + 1)).map(proof => ({ ...proof, solution: new Uint8Array(8) }))
      const body = encodeInstall(sampleInstall({ authority, index: 16, bound: true, proofs }))
      assert.equal(FRAME_HEADER_BYTES + body.length, 4_185)
      assert.ok(4_185 < MAX_FRAME_BYTES)
    })
  })

  describe('bounds', () => {
    refuses('an install without authority', installOf({ authority: new Uint8Array(0) }), wireInstall({ authority: new Uint8Array(0) }))
    refuses('an install without order', installOf({ order: new Uint8Array(0) }), wireInstall({ order: new Uint8Array(0) }))
    refuses('a signature of 63 bytes', installOf({ signature: new Uint8Array(63) }), wireInstall({ signature: new Uint8Array(63) }))
    refuses('an index of 17', installOf({ index: 17 }), wireInstall({ index: 17 }))
    refuses('a back label of 7 bytes', undefined, wireInstall({ backLabel: new Uint8Array(7) }))
    refuses('a back label of 9 bytes', undefined, wireInstall({ backLabel: new Uint8Array(9) }))
    refuses('two proofs for one index', installOf({ proofs: proofsOf(3, 4, 3) }), wireInstall({ proofs: wireProofs(proofsOf(3, 4, 3)) }))
    refuses('a proof for index 17', installOf({ proofs: proofsOf(17) }), wireInstall({ proofs: wireProofs(proofsOf(17)) }))
    refuses('a proof for index 32, which a careless shift takes for 0', installOf({ proofs: proofsOf(32) }), wireInstall({ proofs: wireProofs(proofsOf(32)) }))
    refuses('17 proofs', installOf({ proofs: proofsOf(...Array(17).keys()) }), wireInstall({ proofs: wireProofs(proofsOf(...Array(17).keys())) }))
    refuses('a cookie of 19 bytes', installOf({ proofs: [{ index: 0, cookie: COOKIE.subarray(1) }] }),
      wireInstall({ proofs: [{ index: 0, cookie: new Uint8Array(19), solution: new Uint8Array(0) }] }))
    refuses('a solution of 9 bytes', installOf({ proofs: [{ index: 0, cookie: COOKIE, solution: new Uint8Array(9) }] }),
      wireInstall({ proofs: [{ index: 0, cookie: Uint8Array.from(COOKIE), solution: new Uint8Array(9) }] }))
    refuses('an install that is longer than a frame', installOf({ authority: new Uint8Array(MAX_FRAME_BYTES) }), wireInstall({ authority: new Uint8Array(MAX_FRAME_BYTES) }))
    refuses('a slot of more than 32 bits', installOf({ backLabel: { slot: 2 ** 32, check: 0 } }), wireInstall({ backLabel: new Uint8Array(1) }))

    const wireInstalled = (change: Partial<WireInstalled>): (() => unknown) => () => decodeInstalled(WireInstalled.encode(change))
    refuses('a lease of more than 60 s', installedOf({ leaseMs: 60_001 }), wireInstalled({ leaseMs: 60_001 }))
    refuses('an echo of 65 bytes', installedOf({ echo: new Uint8Array(65) }), wireInstalled({ echo: new Uint8Array(65) }))
    refuses('17 authenticators', installedOf({ authenticators: Array<Uint8Array>(17).fill(new Uint8Array(8)) }),
      wireInstalled({ authenticators: Array<Uint8Array<ArrayBuffer>>(17).fill(new Uint8Array(8)) }))
    refuses('an authenticator of 7 bytes', installedOf({ authenticators: [new Uint8Array(7)] }), wireInstalled({ authenticators: [new Uint8Array(7)] }))
    refuses('a refreshed lease of more than 60 s', () => encodeRefreshed({ leaseMs: 60_001 }), () => decodeRefreshed(WireRefreshed.encode({ leaseMs: 2 ** 32 - 1 })))

    const eight = new Uint8Array(8)
    const sixteen = new Uint8Array(16)
    refuses('a bind without a label', undefined, () => decodeBind(WireBind.encode({ orderId: sixteen })))
    refuses('a bind of an order id of 15 bytes', () => encodeBind({ orderId: new Uint8Array(15), backLabel: LABEL }),
      () => decodeBind(WireBind.encode({ orderId: new Uint8Array(15), backLabel: eight })))
    refuses('an answer to a bind without a label', undefined, () => decodeBound(new Uint8Array(0)))
    refuses('a refresh without a label', undefined, () => decodeRefresh(WireRefresh.encode({ chain: sixteen })))
    refuses('a chain value of 17 bytes', () => encodeRefresh({ label: LABEL, chain: new Uint8Array(17) }),
      () => decodeRefresh(WireRefresh.encode({ label: eight, chain: new Uint8Array(17) })))
    refuses('a removal of nothing', () => encodeRemove({}), () => decodeRemove(new Uint8Array(0)))
    refuses('a removal of a label and an order', () => encodeRemove({ label: LABEL, orderId: sixteen }),
      () => decodeRemove(WireRemove.encode({ label: eight, orderId: sixteen })))
  })

  describe('hostile bytes', () => {
    const decoders: Array<[string, (bytes: Uint8Array) => unknown, string]> = [
      ['decodeInstall', decodeInstall, golden.installWithEverything],
      ['decodeOrder', decodeOrder, golden.orderForAuthenticators],
      ['decodeInstalled', decodeInstalled, golden.installedAuthenticators],
      ['decodeBind', decodeBind, golden.bind],
      ['decodeBound', decodeBound, golden.bound],
      ['decodeRefresh', decodeRefresh, golden.refresh],
      ['decodeRefreshed', decodeRefreshed, golden.refreshed],
      ['decodeRemove', decodeRemove, golden.removeOrder],
      ['decodeFailure', decodeFailure, golden.failure]
    ]

    /** A decoder gives a message or a BywayError, nothing else. */
    function onlyTyped (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
      try {
        decode(bytes)
      } catch (error) {
        assert.ok(error instanceof BywayError, `untyped: ${String(error)}`)
      }
    }

    for (const [name, decode, sample] of decoders) {
      it(`${name} throws only typed errors for random bytes`, () => {
        fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => { onlyTyped(decode, bytes) }), { numRuns: 500 })
      })

      it(`${name} throws only typed errors for a good message with some bytes changed, cut or added`, () => {
        const good = fromString(sample, 'base16')
        const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }))
        fc.assert(fc.property(fc.array(change, { maxLength: 4 }), fc.nat({ max: good.length }), fc.uint8Array({ maxLength: 8 }), (changes, length, tail) => {
          const bytes = Uint8Array.from(good)
          for (const [at, value] of changes) {
            bytes[at] = value
          }
          onlyTyped(decode, concat([bytes.subarray(0, length), tail]))
          onlyTyped(decode, bytes)
        }), { numRuns: 300 })
      })
    }
  })
})
