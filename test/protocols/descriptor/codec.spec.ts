import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { openDescriptor, sealDescriptor } from '../../../protocols/descriptor/codec.ts'
import { CLOCK_SKEW_MS, DESCRIPTOR_CODEC, DESCRIPTOR_DOMAIN, MAX_DESCRIPTOR_BYTES, MAX_LIFE_MS } from '../../../protocols/descriptor/constants.ts'
import { Descriptor, MapKind } from '../../../protocols/descriptor/descriptor.pb.ts'
import { toMessage } from '../../../protocols/descriptor/fields.ts'
import { BywayError } from '../../../protocols/errors.ts'
import golden from '../../fixtures/wire/descriptor.json' with { type: 'json' }
import { descriptorOf, keyOf, NETWORK, NOW_MS, peerOf } from '../../helpers/descriptors.ts'
import type { DescriptorInit } from '../../../protocols/descriptor/codec.ts'

const NOW = { nowMs: NOW_MS, network: NETWORK }

/** What a hostile node can do: sign anything. */
async function signed (payload: Uint8Array, { codec = DESCRIPTOR_CODEC, domain = DESCRIPTOR_DOMAIN, key = 1 } = {}): Promise<Uint8Array> {
  const envelope = await RecordEnvelope.seal({ domain, codec, marshal: () => payload, equals: () => false }, await keyOf(key))
  return envelope.marshal()
}

async function messageOf (overrides: Partial<Descriptor> = {}): Promise<Uint8Array> {
  return Descriptor.encode({ ...toMessage(await descriptorOf(1), await peerOf(1)), ...overrides })
}

async function everything (): Promise<DescriptorInit> {
  return await descriptorOf(1, {
    sequence: 2n ** 63n,
    endpoints: [
      { peer: await peerOf(1), addresses: [multiaddr('/ip4/192.0.2.1/tcp/4001'), multiaddr('/dns4/one.example/tcp/443/wss')] },
      { peer: await peerOf(2), addresses: [] }
    ],
    operator: 'Ünïon Transit',
    tags: { region: 'eu-north', country: 'SE', asn: '64500' },
    rsp: { mapKind: 'surveys', metrics: ['delay', 'loss'], priceMicro: 250n },
    host: { access: [{ forwarder: await peerOf(3), rttUs: 12_345, attached: true }, { forwarder: await peerOf(4), rttUs: 0, attached: false }] },
    bootstrap: true
  })
}

/** A host that speaks for an application; whether the binding holds is not the descriptor's to say. */
async function speaking (): Promise<DescriptorInit> {
  return await descriptorOf(1, { forwarder: undefined, host: { access: [], binding: Uint8Array.of(1, 2, 3) } })
}

describe('descriptor codec', () => {
  it('carries the binding of an application as it is', async () => {
    const { host } = await openDescriptor(await sealDescriptor(await speaking(), await keyOf(1)), NOW)
    assert.deepEqual(host, { access: [], binding: Uint8Array.of(1, 2, 3) })
    assert.equal(toString(Descriptor.encode(toMessage(await speaking(), await peerOf(1))), 'hex').endsWith('5a051203010203'), true)
  })

  it('seals to the golden bytes', async () => {
    assert.equal(toString(await sealDescriptor(await descriptorOf(1), await keyOf(1)), 'hex'), golden.forwarder)
    assert.equal(toString(await sealDescriptor(await everything(), await keyOf(1)), 'hex'), golden.everything)
  })

  it('opens the golden bytes', async () => {
    const descriptor = await openDescriptor(fromString(golden.forwarder, 'hex'), NOW)
    assert.equal(descriptor.peer.equals(await peerOf(1)), true)
    assert.deepEqual([...descriptor.roles], ['forwarder'])
    assert.deepEqual(descriptor.forwarder, { capacityBytesPerSecond: 12_500_000, maxAttachments: 256, maxNeighbours: 64 })
    assert.equal(toString(descriptor.bytes, 'hex'), golden.forwarder)
  })

  it('gives back every field of what was sealed', async () => {
    const init = await everything()
    const { bytes: _bytes, peer, roles, ...fields } = await openDescriptor(await sealDescriptor(init, await keyOf(1)), NOW)
    assert.deepEqual([...roles], ['forwarder', 'rsp', 'host', 'bootstrap'])
    assert.deepEqual(toMessage(fields, peer), toMessage(init, await peerOf(1)))
    assert.deepEqual(fields.tags, init.tags)
  })

  it('regression: keeps a descriptor and nothing of the memory around it', async () => {
    const { bytes } = await openDescriptor(await sealDescriptor(await descriptorOf(1), await keyOf(1)), NOW)
    assert.equal(bytes.buffer.byteLength, bytes.length)
  })

  it('passes nothing on that was added around the signed part', async () => {
    const sealed = await sealDescriptor(await descriptorOf(1), await keyOf(1))
    const padded = Uint8Array.from([...sealed, 0x7a, 3, 1, 2, 3])
    assert.deepEqual((await openDescriptor(padded, NOW)).bytes, sealed)
  })

  describe('times', () => {
    const cases = [
      { title: 'before it was issued, within the clock skew', nowMs: NOW_MS - CLOCK_SKEW_MS, error: undefined },
      { title: 'before it was issued, beyond the clock skew', nowMs: NOW_MS - CLOCK_SKEW_MS - 1, error: 'ExpiredError' },
      { title: 'after its end, within the clock skew', nowMs: NOW_MS + 600_000 + CLOCK_SKEW_MS, error: undefined },
      { title: 'after its end, beyond the clock skew', nowMs: NOW_MS + 600_001 + CLOCK_SKEW_MS, error: 'ExpiredError' }
    ]
    for (const { title, nowMs, error } of cases) {
      it(`${error == null ? 'accepts' : 'refuses'} a descriptor ${title}`, async () => {
        const opened = openDescriptor(await sealDescriptor(await descriptorOf(1), await keyOf(1)), { nowMs, network: NETWORK })
        await (error == null ? opened : assert.rejects(opened, { name: error }))
      })
    }
  })

  describe('refuses', () => {
    it('a descriptor that somebody else signed', async () => {
      await assert.rejects(openDescriptor(await signed(await messageOf(), { key: 2 }), NOW), { name: 'InvalidSignatureError' })
    })

    it('a descriptor whose content was changed after it was signed', async () => {
      const envelope = RecordEnvelope.createFromProtobuf(await sealDescriptor(await descriptorOf(1), await keyOf(1)))
      envelope.payload = await messageOf({ sequence: 2n })
      await assert.rejects(openDescriptor(envelope.marshal(), NOW), { name: 'InvalidSignatureError' })
    })

    it('a signature that was made for another purpose', async () => {
      await assert.rejects(openDescriptor(await signed(await messageOf(), { domain: 'libp2p-peer-record' }), NOW), { name: 'InvalidSignatureError' })
      await assert.rejects(openDescriptor(await signed(await messageOf(), { codec: Uint8Array.of(3, 1) }), NOW), { name: 'MalformedMessageError' })
    })

    it('a descriptor of another peer than the expected one', async () => {
      const sealed = await sealDescriptor(await descriptorOf(1), await keyOf(1))
      await assert.rejects(openDescriptor(sealed, { ...NOW, expectedPeer: await peerOf(2) }), { name: 'InvalidSignatureError' })
      await openDescriptor(sealed, { ...NOW, expectedPeer: await peerOf(1) })
    })

    it('a descriptor of another network', async () => {
      const sealed = await sealDescriptor(await descriptorOf(1, { network: 'other' }), await keyOf(1))
      await assert.rejects(openDescriptor(sealed, NOW), { name: 'WrongNetworkError' })
    })

    it('more bytes than a descriptor may have', async () => {
      await assert.rejects(openDescriptor(new Uint8Array(MAX_DESCRIPTOR_BYTES + 1), NOW), { name: 'MessageTooLargeError' })
    })

    it('to sign with a key that is not Ed25519', async () => {
      const key = await generateKeyPair('secp256k1')
      await assert.rejects(sealDescriptor(await descriptorOf(1), key), { name: 'MalformedMessageError' })
    })

    it('to seal what is too large as a whole', async () => {
      const address = multiaddr(`/dns4/${'x'.repeat(200)}/tcp/1`)
      const endpoints = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(async n => ({ peer: await peerOf(n), addresses: new Array(16).fill(address) })))
      await assert.rejects(sealDescriptor(await descriptorOf(1, { endpoints }), await keyOf(1)), { name: 'MessageTooLargeError' })
    })
  })

  describe('refuses, when it is opened and when it is sealed,', () => {
    const cases: Array<{ title: string, init: (init: DescriptorInit) => Partial<DescriptorInit> | Promise<Partial<DescriptorInit>> }> = [
      { title: 'no role', init: () => ({ forwarder: undefined }) },
      { title: 'no network', init: () => ({ network: '' }) },
      { title: 'a network of 65 bytes', init: () => ({ network: 'x'.repeat(65) }) },
      { title: 'an operator of 33 two-byte characters', init: () => ({ operator: 'ä'.repeat(33) }) },
      { title: 'an operator that writes to the terminal', init: () => ({ operator: '\u001b[2J' }) },
      { title: 'a life of nothing', init: () => ({ expiresAtMs: NOW_MS }) },
      { title: 'a life of more than a day', init: () => ({ expiresAtMs: NOW_MS + MAX_LIFE_MS + 1 }) },
      { title: 'a key of a tag in capitals', init: () => ({ tags: { Region: 'eu' } }) },
      { title: 'an empty key of a tag', init: () => ({ tags: { '': 'eu' } }) },
      { title: 'a key of a tag of 33 characters', init: () => ({ tags: { ['x'.repeat(33)]: 'eu' } }) },
      { title: 'a value of a tag of 65 bytes', init: () => ({ tags: { region: 'x'.repeat(65) } }) },
      { title: '17 tags', init: () => ({ tags: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`t${i}`, ''])) }) },
      { title: '17 metrics', init: () => ({ rsp: { mapKind: 'reports', metrics: new Array(17).fill('delay') } }) },
      { title: '25 clauses', init: () => ({ rsp: { mapKind: 'reports', metrics: [], clauses: new Array(25).fill('via') } }) },
      { title: 'an empty clause', init: () => ({ rsp: { mapKind: 'reports', metrics: [], clauses: [''] } }) },
      { title: 'an empty metric', init: () => ({ rsp: { mapKind: 'reports', metrics: [''] } }) },
      { title: '17 addresses', init: async () => ({ endpoints: [{ peer: await peerOf(1), addresses: new Array(17).fill(multiaddr('/ip4/192.0.2.1/tcp/1')) }] }) },
      { title: 'an address without components', init: async () => ({ endpoints: [{ peer: await peerOf(1), addresses: [multiaddr()] }] }) },
      { title: 'an address of 400 bytes', init: async () => ({ endpoints: [{ peer: await peerOf(1), addresses: [multiaddr(`/dns4/${'x'.repeat(400)}`)] }] }) },
      { title: '9 endpoints', init: async () => ({ endpoints: await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(async n => ({ peer: await peerOf(n), addresses: [] }))) }) },
      { title: 'an endpoint that stands twice', init: ({ endpoints }) => ({ endpoints: [...endpoints, ...endpoints] }) },
      { title: 'an endpoint with a key that is not Ed25519', init: async () => ({ endpoints: [{ peer: peerIdFromPrivateKey(await generateKeyPair('secp256k1')), addresses: [] }] }) },
      { title: 'an access forwarder that stands twice', init: async () => ({ host: { access: new Array(2).fill({ forwarder: await peerOf(3), rttUs: 1, attached: true }) } }) },
      { title: 'a binding of 513 bytes', init: () => ({ host: { access: [], binding: new Uint8Array(513) } }) },
      { title: '65 access forwarders', init: async () => ({ host: { access: await Promise.all(Array.from({ length: 65 }, async (_, i) => ({ forwarder: await peerOf(i), rttUs: 1, attached: true }))) } }) }
    ]
    for (const { title, init } of cases) {
      it(title, async () => {
        const base = await descriptorOf(1)
        const bad = { ...base, ...await init(base) }
        await assert.rejects(sealDescriptor(bad, await keyOf(1)), { name: 'MalformedMessageError' })
        await assert.rejects(openDescriptor(await signed(Descriptor.encode(toMessage(bad, await peerOf(1)))), NOW), { name: 'MalformedMessageError' })
      })
    }

    const numbers: Array<{ title: string, init: Partial<DescriptorInit> }> = [
      { title: 'a negative sequence', init: { sequence: -1n } },
      { title: 'a sequence of 65 bits', init: { sequence: 2n ** 64n } },
      { title: 'a time that is not whole', init: { issuedAtMs: NOW_MS + 0.5 } },
      { title: 'attachments beyond 32 bits', init: { forwarder: { maxAttachments: 2 ** 32 } } },
      { title: 'a negative capacity', init: { forwarder: { capacityBytesPerSecond: -1 } } }
    ]
    for (const { title, init } of numbers) {
      it(`${title} (which cannot be sent)`, async () => {
        await assert.rejects(sealDescriptor(await descriptorOf(1, init), await keyOf(1)), { name: 'MalformedMessageError' })
      })
    }

    const messages: Array<{ title: string, message: Partial<Descriptor> }> = [
      { title: 'a peer id of no bytes', message: { peer: new Uint8Array(0) } },
      { title: 'a peer id of 65 bytes', message: { peer: new Uint8Array(65) } },
      { title: 'a peer id that is none', message: { peer: Uint8Array.of(0, 2, 1, 1) } },
      { title: 'a time beyond what a number holds', message: { expiresAtMs: 2n ** 60n } },
      { title: 'an address that is none', message: { endpoints: [{ peer: new Uint8Array(0), addresses: [Uint8Array.of(4, 1, 2)] }] } },
      { title: 'a map of no kind', message: { rsp: { mapKind: MapKind.UNSPECIFIED, metrics: [], priceMicro: 0n, clauses: [] } } },
      { title: 'a tag that stands twice', message: { tags: [{ key: 'a', value: '1' }, { key: 'a', value: '2' }] } }
    ]
    for (const { title, message } of messages) {
      it(`${title} (which cannot be said)`, async () => {
        if (message.endpoints != null) {
          message.endpoints[0].peer = toMessage(await descriptorOf(1), await peerOf(1)).peer
        }
        await assert.rejects(openDescriptor(await signed(await messageOf(message)), NOW), { name: 'MalformedMessageError' })
      })
    }
  })

  describe('fuzzing', () => {
    async function onlyTypedErrors (bytes: Uint8Array): Promise<void> {
      try {
        await openDescriptor(bytes, NOW)
      } catch (error) {
        assert.ok(error instanceof BywayError, `${String(error)} is not an error of the protocol`)
      }
    }

    it('throws typed errors only for random bytes', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), onlyTypedErrors), { numRuns: 500, seed: 3 })
    })

    it('makes nothing else of a descriptor with a changed byte', async () => {
      const sealed = fromString(golden.everything, 'hex')
      await fc.assert(fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = sealed.slice()
        bytes[at] ^= change
        try {
          // A few bits of the envelope around the signed part have no meaning.
          assert.deepEqual((await openDescriptor(bytes, NOW)).bytes, sealed)
        } catch (error) {
          assert.ok(error instanceof BywayError, String(error))
        }
      }), { numRuns: 300, seed: 4 })
    })

    it('throws typed errors only for random content that is properly signed', async () => {
      const { payload } = RecordEnvelope.createFromProtobuf(fromString(golden.everything, 'hex'))
      const mutated = fc.array(fc.tuple(fc.nat(payload.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map(changes => {
        const bytes = payload.slice()
        for (const [at, value] of changes) {
          bytes[at] = value
        }
        return bytes
      })
      await fc.assert(fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), async bytes => {
        await onlyTypedErrors(await signed(bytes))
      }), { numRuns: 300, seed: 5 })
    })

    it('throws typed errors only for addresses of random bytes', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async address => {
        const endpoints = [{ peer: (await peerOf(1)).toMultihash().bytes, addresses: [address] }]
        await onlyTypedErrors(await signed(await messageOf({ endpoints })))
      }), { numRuns: 300, seed: 6 })
    })
  })
})
