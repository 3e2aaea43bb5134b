import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { decodeIntroduction, decodeWelcome, encodeIntroduction, encodeWelcome, openBinding, sealBinding } from '../../../protocols/identity/codec.ts'
import { BINDING_CODEC, BINDING_DOMAIN, CLOCK_SKEW_MS, MAX_BINDING_BYTES, MAX_LIFE_MS } from '../../../protocols/identity/constants.ts'
import { Binding } from '../../../protocols/identity/identity.pb.ts'
import { BywayError } from '../../../protocols/errors.ts'
import { encodePeerId } from '../../../protocols/peer-ids.ts'
import golden from '../../fixtures/wire/identity.json' with { type: 'json' }
import { keyOf, NETWORK, NOW_MS, peerOf } from '../../helpers/descriptors.ts'
import type { BindingInit, OpenBindingOptions } from '../../../protocols/identity/codec.ts'

const APPLICATION = 1
const UNDERLAY = 2
const STRANGER = 3

async function initOf (overrides: Partial<BindingInit> = {}): Promise<BindingInit> {
  return { underlay: await peerOf(UNDERLAY), network: NETWORK, issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 600_000, ...overrides }
}

async function optionsOf (overrides: Partial<OpenBindingOptions> = {}): Promise<OpenBindingOptions> {
  return { nowMs: NOW_MS, network: NETWORK, underlay: await peerOf(UNDERLAY), ...overrides }
}

async function messageOf (overrides: Partial<Binding> = {}): Promise<Uint8Array> {
  return Binding.encode({
    application: encodePeerId(await peerOf(APPLICATION)),
    underlay: encodePeerId(await peerOf(UNDERLAY)),
    network: NETWORK,
    issuedAtMs: BigInt(NOW_MS),
    expiresAtMs: BigInt(NOW_MS + 600_000),
    ...overrides
  })
}

/** What a hostile node can do: sign anything. */
async function signed (payload: Uint8Array, { codec = BINDING_CODEC, domain = BINDING_DOMAIN, key = APPLICATION } = {}): Promise<Uint8Array> {
  const envelope = await RecordEnvelope.seal({ domain, codec, marshal: () => payload, equals: () => false }, await keyOf(key))
  return envelope.marshal()
}

describe('identity codec', () => {
  it('seals a binding to the golden bytes', async () => {
    assert.equal(toString(await sealBinding(await initOf(), await keyOf(APPLICATION)), 'hex'), golden.binding)
  })

  it('opens the golden bytes', async () => {
    const opened = await openBinding(fromString(golden.binding, 'hex'), await optionsOf({ application: await peerOf(APPLICATION) }))
    assert.deepEqual({ ...opened, bytes: undefined }, { ...await initOf(), application: await peerOf(APPLICATION), bytes: undefined })
    assert.equal(toString(opened.bytes, 'hex'), golden.binding)
  })

  it('writes and reads an introduction and a welcome as the golden bytes are', async () => {
    const binding = Uint8Array.of(1, 2, 3)
    assert.equal(toString(encodeIntroduction(binding, await peerOf(APPLICATION)), 'hex'), golden.introduction)
    assert.deepEqual(decodeIntroduction(fromString(golden.introduction, 'hex')), { binding, to: await peerOf(APPLICATION) })
    assert.equal(toString(encodeWelcome(0, binding), 'hex'), golden.welcome)
    assert.deepEqual(decodeWelcome(fromString(golden.welcome, 'hex')), { status: 0, binding })
    assert.equal(toString(encodeWelcome(4), 'hex'), golden.refusal)
    assert.deepEqual(decodeWelcome(fromString(golden.refusal, 'hex')), { status: 4, binding: new Uint8Array() })
  })

  it('takes a secp256k1 key for the application\'s, and no RSA key: its id alone could not be checked', async () => {
    const opened = await openBinding(await sealBinding(await initOf(), await generateKeyPair('secp256k1')), await optionsOf())
    assert.equal(opened.application.type, 'secp256k1')
    await assert.rejects(sealBinding(await initOf(), await generateKeyPair('RSA', 2_048)), { name: 'MalformedMessageError' })
  })

  const refused: Array<[title: string, name: string, bytes: () => Promise<Uint8Array>, options?: () => Promise<Partial<OpenBindingOptions>>]> = [
    ['of another application than the expected one', 'InvalidSignatureError', async () => signed(await messageOf()), async () => ({ application: await peerOf(STRANGER) })],
    ['that another underlay shows', 'InvalidSignatureError', async () => signed(await messageOf()), async () => ({ underlay: await peerOf(STRANGER) })],
    ['signed by the underlay itself', 'InvalidSignatureError', async () => signed(await messageOf(), { key: UNDERLAY })],
    ['signed for another purpose', 'InvalidSignatureError', async () => signed(await messageOf(), { domain: 'byway-descriptor' })],
    ['with another payload type', 'MalformedMessageError', async () => signed(await messageOf(), { codec: Uint8Array.of(0x81, 0x80, 0xec, 0x01) })],
    ['changed since', 'InvalidSignatureError', async () => withChangedByte(await signed(await messageOf()))],
    ['of another network', 'WrongNetworkError', async () => signed(await messageOf({ network: 'other' }))],
    ['of no network', 'MalformedMessageError', async () => signed(await messageOf({ network: '' }))],
    ['of an application that is its own underlay', 'MalformedMessageError', async () => signed(await messageOf({ underlay: encodePeerId(await peerOf(APPLICATION)) }))],
    ['that lives too long', 'MalformedMessageError', async () => signed(await messageOf({ expiresAtMs: BigInt(NOW_MS + MAX_LIFE_MS + 1) }))],
    ['that ends before it begins', 'MalformedMessageError', async () => signed(await messageOf({ expiresAtMs: BigInt(NOW_MS) }))],
    ['that is over', 'ExpiredError', async () => signed(await messageOf()), async () => ({ nowMs: NOW_MS + 600_000 + CLOCK_SKEW_MS + 1 })],
    ['from the future', 'ExpiredError', async () => signed(await messageOf()), async () => ({ nowMs: NOW_MS - CLOCK_SKEW_MS - 1 })],
    ['with a peer id that is none', 'MalformedMessageError', async () => signed(await messageOf({ application: Uint8Array.of(1, 2) }))],
    ['that is no envelope', 'MalformedMessageError', async () => Uint8Array.of(1, 2, 3)],
    ['that is missing', 'MalformedMessageError', async () => new Uint8Array()],
    ['over its size', 'MessageTooLargeError', async () => new Uint8Array(MAX_BINDING_BYTES + 1)]
  ]

  for (const [title, name, bytes, options] of refused) {
    it(`refuses a binding ${title}`, async () => {
      await assert.rejects(openBinding(await bytes(), await optionsOf(await options?.())), { name })
    })
  }

  it('seals no binding that others would refuse', async () => {
    await assert.rejects(sealBinding(await initOf({ network: 'x'.repeat(65) }), await keyOf(APPLICATION)), { name: 'MalformedMessageError' })
    await assert.rejects(sealBinding(await initOf(), await keyOf(UNDERLAY)), { name: 'MalformedMessageError' })
  })

  it('throws nothing but errors of the protocol, whatever comes', async () => {
    const options = await optionsOf()
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await openBinding(bytes, options).then(() => assert.fail('opened'), (error: unknown) => { assert.ok(error instanceof BywayError, String(error)) })
      for (const decode of [decodeIntroduction, decodeWelcome]) {
        try {
          decode(bytes)
        } catch (error) {
          assert.ok(error instanceof BywayError, String(error))
        }
      }
    }))
  })

  it('refuses a welcome without a binding', () => {
    assert.throws(() => decodeWelcome(encodeWelcome(0)), { name: 'MalformedMessageError' })
  })
})

function withChangedByte (bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  changed[changed.length - 1] ^= 1
  return changed
}
