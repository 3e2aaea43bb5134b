// The bytes in the fixture were put together from setup.proto and the README, not by this code.
import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import {
  decodeBind, decodeBound, decodeFailure, decodeInstall, decodeInstalled, decodeRefresh, decodeRefreshed, decodeRemove,
  encodeBind, encodeBound, encodeFailure, encodeInstall, encodeInstalled, encodeRefresh, encodeRefreshed, encodeRemove
} from '../../../protocols/setup/codec.ts'
import { decodeOrder, encodeOrder, orderIdOf, signEcho, signOrder } from '../../../protocols/setup/order.ts'
import { effortOf, leadingZeroBits, solvePuzzle } from '../../../protocols/setup/puzzle.ts'
import { RefreshChain } from '../../../protocols/setup/refresh-chain.ts'
import golden from '../../fixtures/wire/setup.json' with { type: 'json' }
import { AUTHORITY, COOKIE, DESTINATION_KEY, LABEL, LEAF, sampleInstall, sampleOrder, SOLUTION, SOURCE_KEY } from './install-samples.ts'

type Name = { [K in keyof typeof golden]: typeof golden[K] extends string ? K : never }[keyof typeof golden]

const bytes = (hex: string): Uint8Array => fromString(hex, 'base16')
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')

const install = sampleInstall({ order: bytes(golden.order), signature: bytes(golden.signature) })
const everything = { ...install, index: 3, bound: true, proofs: [{ index: 1, cookie: COOKIE, solution: SOLUTION }, { index: 16, cookie: COOKIE, solution: undefined }] }
const echo = bytes(golden.echo)
const orderId = bytes(golden.orderId)

/** Each message with its codec. */
function message<T> (name: Name, value: T, encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array) => T): void {
  it(`encodes ${name} to its golden bytes and back`, () => {
    assert.equal(hex(encode(value)), golden[name])
    assert.deepEqual(decode(bytes(golden[name])), value)
  })
}

describe('setup golden bytes', () => {
  it('is about the path that the RSP signs, shown as the only offer of an answer', () => {
    assert.equal(hex(LEAF), golden.leaf)
    assert.equal(hex(AUTHORITY), golden.authority)
  })

  for (const [name, want] of [['order', 'labels'], ['orderForAuthenticators', 'authenticators']] as const) {
    it(`encodes an order for ${want} to its golden bytes and back`, () => {
      assert.equal(hex(encodeOrder(sampleOrder({ want }))), golden[name])
      const { source, destination, id, ...rest } = decodeOrder(bytes(golden[name]))
      const { source: source0, destination: destination0, ...rest0 } = sampleOrder({ want })
      assert.deepEqual(rest, rest0)
      assert.ok(source.equals(source0) && destination.equals(destination0))
      assert.deepEqual(id, orderIdOf(bytes(golden[name])))
    })
  }

  it('signs an order and its echo to their golden bytes', async () => {
    const signed = await signOrder(sampleOrder(), SOURCE_KEY)
    assert.deepEqual([hex(signed.order), hex(signed.id), hex(signed.signature)], [golden.order, golden.orderId, golden.signature])
    assert.equal(hex(await signEcho(signed.id, DESTINATION_KEY)), golden.echo)
  })

  it('shows the golden values of a refresh chain', () => {
    const chain = new RefreshChain(bytes(golden.chain.seed), golden.chain.shown.length)
    assert.equal(hex(chain.anchor), golden.chain.anchor)
    for (const value of golden.chain.shown) {
      assert.equal(hex(chain.next() ?? new Uint8Array(0)), value)
    }
  })

  it('finds the golden solution of a puzzle', async () => {
    const { cookie, solution, hash } = golden.puzzle
    assert.equal(hex(sha256(concat([fromString('byway-setup-puzzle:'), bytes(cookie), orderId, bytes(solution)]))), hash)
    assert.equal(effortOf(bytes(cookie), orderId, bytes(solution)), leadingZeroBits(bytes(hash)))
    assert.equal(hex(await solvePuzzle(bytes(cookie), orderId, 12)), solution)
  })

  message('install', install, encodeInstall, decodeInstall)
  message('installWithEverything', everything, encodeInstall, decodeInstall)
  message('installed', { label: LABEL, leaseMs: 10_000, echo, authenticators: [] }, encodeInstalled, decodeInstalled)
  message('installedAuthenticators', {
    label: undefined, leaseMs: 60_000, echo, authenticators: [new Uint8Array(8).fill(0xa0), new Uint8Array(8).fill(0xa1)]
  }, encodeInstalled, decodeInstalled)
  message('bind', { orderId, backLabel: LABEL }, encodeBind, decodeBind)
  message('bound', { label: LABEL }, encodeBound, decodeBound)
  message('refresh', { label: LABEL, chain: bytes(golden.chain.shown[0]) }, encodeRefresh, decodeRefresh)
  message('refreshed', { leaseMs: 60_000 }, encodeRefreshed, decodeRefreshed)
  message('removeLabel', { label: LABEL }, encodeRemove, decodeRemove)
  message('removeOrder', { orderId }, encodeRemove, decodeRemove)
  message('failure', { index: 2, message: 'come again', challenge: { cookie: COOKIE, bits: 9 } }, value => encodeFailure(value, 1_000), decodeFailure)
})
