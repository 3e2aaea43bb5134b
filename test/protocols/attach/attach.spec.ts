import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { attach, detach } from '../../../protocols/attach/client.ts'
import { attachMethod, AttachRequest } from '../../../protocols/attach/codec.ts'
import { ATTACH_PROTOCOL, MAX_LEASE_MS } from '../../../protocols/attach/constants.ts'
import { serveAttach } from '../../../protocols/attach/server.ts'
import { MAX_DESCRIPTOR_BYTES } from '../../../protocols/descriptor/constants.ts'
import { NotAuthorizedError, OverQuotaError } from '../../../protocols/errors.ts'
import golden from '../../fixtures/wire/attach.json' with { type: 'json' }
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import type { Connection } from '@libp2p/interface'
import type { AttachResponse } from '../../../protocols/attach/codec.ts'
import type { AttachHandler } from '../../../protocols/attach/server.ts'
import type { TestNode } from '../../helpers/nodes.ts'

const { ATTACH, DETACH } = AttachRequest.Operation
const DESCRIPTOR = Uint8Array.of(1, 2, 3)
const GRANTED: AttachResponse = { leaseMs: 60_000, attachments: 3, maxAttachments: 256 }

describe('attach', () => {
  let host: TestNode
  let connection: Connection
  let handler: AttachHandler
  let requests: AttachRequest[]
  let unregister: () => Promise<void>

  before(async () => {
    const forwarder = await createNode()
    host = await createNode()
    connection = await connected(host, forwarder)
    unregister = await serveAttach(forwarder.services.internals.registrar, async (request, caller) => {
      requests.push(request)
      return await handler(request, caller)
    })
  })

  beforeEach(() => {
    requests = []
    handler = async () => GRANTED
  })

  after(async () => {
    await unregister()
    await stopNodes()
  })

  describe('messages', () => {
    const cases = [
      { name: 'attach', message: { operation: ATTACH, descriptor: DESCRIPTOR, leaseMs: 60_000, advertise: true } },
      { name: 'detach', message: { operation: DETACH, descriptor: new Uint8Array(0), leaseMs: 0, advertise: false } }
    ] as const
    for (const { name, message } of cases) {
      it(`encodes a request to ${name} to its golden bytes and back`, () => {
        const bytes = attachMethod.encodeRequest(message)
        assert.equal(toString(bytes, 'hex'), golden[name])
        assert.deepEqual(attachMethod.decodeRequest(bytes), message)
      })
    }

    it('encodes a response to its golden bytes and back', () => {
      const bytes = attachMethod.encodeResponse(GRANTED)
      assert.equal(toString(bytes, 'hex'), golden.response)
      assert.deepEqual(attachMethod.decodeResponse(bytes), GRANTED)
    })

    const malformed = [
      { title: 'to attach without a descriptor', hex: '18a001' },
      { title: 'of nothing', hex: '' },
      { title: 'to detach with a descriptor', hex: '08011203010203' },
      { title: 'to detach for a while', hex: '08011801' },
      { title: 'for an operation of the future', hex: '0802' }
    ]
    for (const { title, hex } of malformed) {
      it(`refuses a request ${title}`, () => {
        assert.throws(() => attachMethod.decodeRequest(fromString(hex, 'hex')))
      })
    }

    it('refuses a descriptor over the limit, on both sides', () => {
      const message = { operation: ATTACH, descriptor: new Uint8Array(MAX_DESCRIPTOR_BYTES + 1), leaseMs: 0, advertise: false }
      assert.throws(() => attachMethod.encodeRequest(message), { name: 'MalformedMessageError' })
      assert.throws(() => attachMethod.decodeRequest(AttachRequest.encode(message)), { name: 'MalformedMessageError' })
    })

    it('has room for the largest request and the largest response', () => {
      const message = { operation: ATTACH, descriptor: new Uint8Array(MAX_DESCRIPTOR_BYTES), leaseMs: 2 ** 32 - 1, advertise: true }
      assert.ok(attachMethod.encodeRequest(message).length <= attachMethod.maxRequestBytes)
      const response = { leaseMs: MAX_LEASE_MS, attachments: 2 ** 32 - 1, maxAttachments: 2 ** 32 - 1 }
      assert.ok(attachMethod.encodeResponse(response).length <= attachMethod.maxResponseBytes)
    })

    it('refuses a response that grants more than the protocol allows', () => {
      assert.throws(() => attachMethod.encodeResponse({ ...GRANTED, leaseMs: MAX_LEASE_MS + 1 }), { name: 'MalformedMessageError' })
    })
  })

  it('brings descriptor, lease and wish to the forwarder, and the grant to the host', async () => {
    handler = async (request, caller) => {
      assert.equal(caller.peer.equals(host.peerId), true)
      return GRANTED
    }
    assert.deepEqual(await attach(connection, { descriptor: DESCRIPTOR, leaseMs: 30_000, advertise: true }), GRANTED)
    assert.deepEqual(requests, [{ operation: ATTACH, descriptor: DESCRIPTOR, leaseMs: 30_000, advertise: true }])
  })

  it('asks for 60 s and no advertising unless told otherwise', async () => {
    await attach(connection, { descriptor: DESCRIPTOR })
    assert.deepEqual(requests, [{ operation: ATTACH, descriptor: DESCRIPTOR, leaseMs: 60_000, advertise: false }])
  })

  const leases = [
    { asked: 0, shown: 60_000 },
    { asked: 1, shown: 1 },
    { asked: 300_000, shown: 300_000 },
    { asked: 300_001, shown: 300_000 }
  ]
  for (const { asked, shown } of leases) {
    it(`shows the forwarder a wish for ${shown} ms where the host asked for ${asked} ms`, async () => {
      await attach(connection, { descriptor: DESCRIPTOR, leaseMs: asked })
      assert.equal(requests[0].leaseMs, shown)
    })
  }

  it('detaches', async () => {
    handler = async () => ({ leaseMs: 0, attachments: 2, maxAttachments: 256 })
    assert.equal((await detach(connection)).attachments, 2)
    assert.equal(requests[0].operation, DETACH)
  })

  const refusals = [
    { error: new OverQuotaError('all 256 places are taken: try another forwarder'), name: 'OverQuotaError' },
    { error: new NotAuthorizedError('this forwarder is private'), name: 'NotAuthorizedError' }
  ]
  for (const { error, name } of refusals) {
    it(`tells the host of ${name}`, async () => {
      handler = async () => { throw error }
      await assert.rejects(attach(connection, { descriptor: DESCRIPTOR }), { name, message: error.message, remote: true })
    })
  }

  it('refuses an attachment of no duration', async () => {
    handler = async () => ({ ...GRANTED, leaseMs: 0 })
    await assert.rejects(attach(connection, { descriptor: DESCRIPTOR }), { name: 'MalformedMessageError' })
  })

  it('does not send a descriptor over the limit', async () => {
    await assert.rejects(attach(connection, { descriptor: new Uint8Array(MAX_DESCRIPTOR_BYTES + 1) }), { name: 'MalformedMessageError', remote: false })
    assert.equal(requests.length, 0)
  })

  it('ends with DeadlineError when the forwarder answers nothing', async () => {
    handler = async () => await new Promise(() => {})
    await assert.rejects(attach(connection, { descriptor: DESCRIPTOR }, { deadlineMs: 100 }), { name: 'DeadlineError', remote: false })
  })

  it('answers after requests of random bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async bytes => {
      const stream = await connection.newStream(ATTACH_PROTOCOL)
      stream.addEventListener('message', () => {})
      stream.send(bytes)
      await stream.close()
      if (stream.status === 'open') {
        await new Promise(resolve => { stream.addEventListener('close', resolve) })
      }
    }), { numRuns: 40, seed: 9 })
    assert.deepEqual(await attach(connection, { descriptor: DESCRIPTOR }), GRANTED)
  })

  it('decodes random bytes within the limits or not at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      for (const decode of [attachMethod.decodeRequest, attachMethod.decodeResponse]) {
        try {
          assert.ok(decode(bytes).leaseMs >= 0)
        } catch (error) {
          assert.notEqual((error as Error).name, 'AssertionError')
        }
      }
    }), { numRuns: 1000, seed: 10 })
  })
})
