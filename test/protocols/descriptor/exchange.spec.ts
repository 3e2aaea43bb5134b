import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { fetchApplication, fetchPeer, fetchRole, fetchSelf } from '../../../protocols/descriptor/client.ts'
import { sealDescriptor } from '../../../protocols/descriptor/codec.ts'
import { DESCRIPTOR_PROTOCOL, MAX_RESPONSE_BYTES } from '../../../protocols/descriptor/constants.ts'
import { descriptorMethod } from '../../../protocols/descriptor/method.ts'
import { sealBinding } from '../../../protocols/identity/codec.ts'
import { serveDescriptors } from '../../../protocols/descriptor/server.ts'
import { BywayError } from '../../../protocols/errors.ts'
import golden from '../../fixtures/wire/descriptor.json' with { type: 'json' }
import { descriptorOf, keyOf, NETWORK, NOW_MS, peerOf } from '../../helpers/descriptors.ts'
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import type { Connection } from '@libp2p/interface'
import type { DescriptorInit } from '../../../protocols/descriptor/codec.ts'
import type { DescriptorQuery } from '../../../protocols/descriptor/method.ts'
import type { DescriptorSource } from '../../../protocols/descriptor/server.ts'
import type { TestNode } from '../../helpers/nodes.ts'

const OPTIONS = { nowMs: NOW_MS, network: NETWORK, deadlineMs: 2000 }

async function sealed (number: number, overrides: Partial<DescriptorInit> = {}): Promise<Uint8Array> {
  return await sealDescriptor(await descriptorOf(number, overrides), await keyOf(number))
}

describe('descriptor exchange', () => {
  let server: TestNode
  let connection: Connection
  let source: DescriptorSource
  let unregister: () => Promise<void>

  before(async () => {
    server = await createNode({ privateKey: await keyOf(1) })
    connection = await connected(await createNode(), server)
  })

  beforeEach(async () => {
    source = { self: async () => await sealed(1), known: () => [], find: () => undefined }
    unregister = await serveDescriptors(server.services.internals.registrar, {
      self: async () => await source.self(),
      known: (role, limit) => source.known(role, limit),
      find: peer => source.find(peer),
      findApplication: application => source.findApplication?.(application)
    })
  })

  afterEach(async () => { await unregister() })

  after(async () => {
    await stopNodes()
  })

  describe('messages', () => {
    const queries: Array<{ name: keyof typeof golden.requests, query: () => Promise<DescriptorQuery> }> = [
      { name: 'self', query: async () => ({ kind: 'self' }) },
      { name: 'forwarders', query: async () => ({ kind: 'role', role: 'forwarder', limit: 24 }) },
      { name: 'bootstraps', query: async () => ({ kind: 'role', role: 'bootstrap', limit: 64 }) },
      { name: 'peer', query: async () => ({ kind: 'peer', peer: await peerOf(2) }) },
      { name: 'application', query: async () => ({ kind: 'application', application: await peerOf(2) }) }
    ]
    for (const { name, query } of queries) {
      it(`encodes the question for ${name} to its golden bytes and back`, async () => {
        const bytes = descriptorMethod.encodeRequest(await query())
        assert.equal(toString(bytes, 'hex'), golden.requests[name])
        assert.equal(toString(descriptorMethod.encodeRequest(descriptorMethod.decodeRequest(bytes)), 'hex'), golden.requests[name])
      })
    }

    it('encodes an answer to its golden bytes and back', () => {
      const bytes = descriptorMethod.encodeResponse([Uint8Array.of(1, 2, 3), Uint8Array.of(4)])
      assert.equal(toString(bytes, 'hex'), golden.response)
      assert.deepEqual(descriptorMethod.decodeResponse(bytes), [Uint8Array.of(1, 2, 3), Uint8Array.of(4)])
    })

    const malformed = [
      { title: 'nothing', hex: '' },
      { title: 'two things', hex: '08011001' },
      { title: 'a role of the future', hex: '1009' },
      { title: 'a peer that is none', hex: '1a020102' }
    ]
    for (const { title, hex } of malformed) {
      it(`refuses a question for ${title}`, () => {
        assert.throws(() => descriptorMethod.decodeRequest(fromString(hex, 'hex')))
      })
    }

    it('takes a limit of nothing or of too much for the limit of the protocol', () => {
      for (const hex of ['1001', '100120c801']) {
        assert.deepEqual(descriptorMethod.decodeRequest(fromString(hex, 'hex')), { kind: 'role', role: 'forwarder', limit: 64 })
      }
    })

    it('refuses an answer with 65 entries', () => {
      assert.throws(() => descriptorMethod.decodeResponse(fromString('0a00'.repeat(65), 'hex')))
    })
  })

  describe('fetchSelf', () => {
    it('gives the descriptor of the connected peer', async () => {
      const descriptor = await fetchSelf(connection, OPTIONS)
      assert.equal(descriptor.peer.equals(server.peerId), true)
      assert.deepEqual(descriptor.bytes, await sealed(1))
    })

    it('accepts that of an identity of which the connected peer is a process', async () => {
      source.self = async () => await sealed(2, { endpoints: [{ peer: await peerOf(1), addresses: [] }] })
      assert.equal((await fetchSelf(connection, OPTIONS)).peer.equals(await peerOf(2)), true)
    })

    const cases: Array<{ title: string, self: () => Promise<Uint8Array>, error: string }> = [
      { title: 'of somebody else', self: async () => await sealed(2), error: 'InvalidSignatureError' },
      { title: 'that has expired', self: async () => await sealed(1, { issuedAtMs: NOW_MS - 300_000, expiresAtMs: NOW_MS - 120_000 }), error: 'ExpiredError' },
      { title: 'of another network', self: async () => await sealed(1, { network: 'other' }), error: 'WrongNetworkError' },
      { title: 'of random bytes', self: async () => Uint8Array.of(1, 2, 3), error: 'MalformedMessageError' },
      { title: 'that is too large', self: async () => new Uint8Array(20_000), error: 'MessageTooLargeError' }
    ]
    for (const { title, self, error } of cases) {
      it(`refuses a descriptor ${title}`, async () => {
        source.self = self
        await assert.rejects(fetchSelf(connection, OPTIONS), { name: error })
      })
    }
  })

  describe('fetchRole', () => {
    it('gives the valid descriptors of the role and drops the others', async () => {
      const valid = await sealed(2)
      const list = [
        await sealed(3, { network: 'other' }),
        await sealed(4, { issuedAtMs: NOW_MS - 300_000, expiresAtMs: NOW_MS - 120_000 }),
        await sealed(5, { forwarder: undefined, bootstrap: true }),
        Uint8Array.of(1, 2, 3),
        valid
      ]
      source.known = role => role === 'forwarder' ? list : []
      const descriptors = await fetchRole(connection, 'forwarder', 10, OPTIONS)
      assert.deepEqual(descriptors.map(({ bytes }) => bytes), [valid])
      assert.deepEqual(await fetchRole(connection, 'rsp', 10, OPTIONS), [])
    })

    it('gives the newest descriptor of each identity', async () => {
      const list = [await sealed(2, { sequence: 1n }), await sealed(2, { sequence: 3n }), await sealed(2, { sequence: 2n })]
      source.known = () => list
      assert.deepEqual((await fetchRole(connection, 'forwarder', 10, OPTIONS)).map(({ sequence }) => sequence), [3n])
    })

    it('asks for no more than the limit, and takes no more', async () => {
      const list = await Promise.all([2, 3, 4].map(async number => await sealed(number)))
      let asked = 0
      source.known = (role, limit) => {
        asked = limit
        return list
      }
      assert.equal((await fetchRole(connection, 'forwarder', 2, OPTIONS)).length, 2)
      assert.equal(asked, 2)
    })

    it('gets as many as fit into an answer', async () => {
      const addresses = new Array(16).fill(multiaddr(`/dns4/${'x'.repeat(240)}/tcp/1`))
      const endpoints = await Promise.all([1, 2, 3].map(async number => ({ peer: await peerOf(number), addresses })))
      const list = await Promise.all(Array.from({ length: 64 }, async (_, number) => await sealed(number, { endpoints })))
      source.known = () => list
      const bytes = (await fetchRole(connection, 'forwarder', 64, OPTIONS)).reduce((sum, descriptor) => sum + descriptor.bytes.length, 0)
      assert.ok(bytes <= MAX_RESPONSE_BYTES && bytes > MAX_RESPONSE_BYTES - list[0].length - 64 * 4, `${bytes} bytes`)
    })
  })

  describe('fetchPeer', () => {
    it('gives the descriptor of the peer that was asked for', async () => {
      const list = new Map([[(await peerOf(2)).toString(), await sealed(2)]])
      source.find = peer => list.get(peer.toString())
      assert.equal((await fetchPeer(connection, await peerOf(2), OPTIONS)).peer.equals(await peerOf(2)), true)
    })

    it('says that the server has none', async () => {
      await assert.rejects(fetchPeer(connection, await peerOf(2), OPTIONS), { name: 'NotFoundError', remote: true })
    })

    it('refuses the descriptor of another peer', async () => {
      const other = await sealed(3)
      source.find = () => other
      await assert.rejects(fetchPeer(connection, await peerOf(2), OPTIONS), { name: 'InvalidSignatureError' })
    })
  })

  describe('fetchApplication', () => {
    const APPLICATION = 7
    const HOST = 2

    async function speakingFor (application: number, underlay = HOST): Promise<Uint8Array> {
      const binding = await sealBinding({ underlay: await peerOf(underlay), network: NETWORK, issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 600_000 }, await keyOf(application))
      return await sealed(HOST, { forwarder: undefined, host: { access: [], binding } })
    }

    it('gives the descriptor of the host that speaks for it, with the binding', async () => {
      const bytes = await speakingFor(APPLICATION)
      source.findApplication = () => bytes
      const { descriptor, binding } = await fetchApplication(connection, await peerOf(APPLICATION), OPTIONS)
      assert.deepEqual([descriptor.peer, binding.application, binding.underlay].map(String), [await peerOf(HOST), await peerOf(APPLICATION), await peerOf(HOST)].map(String))
    })

    it('says that the server knows none', async () => {
      await assert.rejects(fetchApplication(connection, await peerOf(APPLICATION), OPTIONS), { name: 'NotFoundError', remote: true })
    })

    const lies: Array<[title: string, error: string, bytes: () => Promise<Uint8Array>]> = [
      ['that speaks for nobody', 'MalformedMessageError', async () => sealed(HOST, { forwarder: undefined, host: { access: [] } })],
      ['that speaks for another one', 'InvalidSignatureError', async () => speakingFor(APPLICATION + 1)],
      ['with the binding of another host', 'InvalidSignatureError', async () => speakingFor(APPLICATION, HOST + 1)]
    ]
    for (const [title, error, bytes] of lies) {
      it(`does not believe a host ${title}`, async () => {
        const lie = await bytes()
        source.findApplication = () => lie
        await assert.rejects(fetchApplication(connection, await peerOf(APPLICATION), OPTIONS), { name: error })
      })
    }
  })

  it('ends with DeadlineError when the server answers nothing', async () => {
    source.self = async () => await new Promise(() => {})
    await assert.rejects(fetchSelf(connection, { ...OPTIONS, deadlineMs: 100 }), { name: 'DeadlineError', remote: false })
  })

  it('answers after questions of random bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async bytes => {
      const stream = await connection.newStream(DESCRIPTOR_PROTOCOL)
      stream.addEventListener('message', () => {})
      stream.send(bytes)
      await stream.close()
      if (stream.status === 'open') {
        await new Promise(resolve => { stream.addEventListener('close', resolve) })
      }
    }), { numRuns: 40, seed: 7 })
    assert.equal((await fetchSelf(connection, OPTIONS)).peer.equals(server.peerId), true)
  })

  it('gives typed errors only for answers of random bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async bytes => {
      source.self = async () => bytes
      await assert.rejects(fetchSelf(connection, OPTIONS), (error: unknown) => error instanceof BywayError)
    }), { numRuns: 40, seed: 8 })
  })
})
