import assert from 'node:assert/strict'
import fc from 'fast-check'
import { x25519 } from '@noble/curves/ed25519.js'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { encodeData } from '../../../protocols/envelope/codec.ts'
import { CLOCK_SKEW_MS, INIT_BYTES, RESPONSE_BYTES } from '../../../protocols/envelope/constants.ts'
import { encodeInit, encodeResponse, initTranscript, responseTranscript } from '../../../protocols/envelope/handshake-messages.ts'
import { acceptInit, createInit } from '../../../protocols/envelope/handshake.ts'
import { MAX_SOURCE_ROUTE_HEADER_BYTES } from '../../../protocols/forward/constants.ts'
import { NOW_MS, altered, flowLabel, freshInit, initiator, initiatorKey, responder, responderKey, strangerKey } from './two-hosts.ts'

const accept = async (init: Uint8Array, nowMs = NOW_MS): ReturnType<typeof acceptInit> => acceptInit(init, { privateKey: responderKey, nowMs })
const TYPED = new Set(['MalformedMessageError', 'UnknownSessionError', 'HandshakeError', 'ExpiredError', 'InvalidSignatureError'])
const isTyped = (err: Error): boolean => TYPED.has(err.name)
// Points of order 1, 2, 4 and 8, and one that is not reduced: the secret of each is zero.
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
].map(text => Uint8Array.from(Buffer.from(text, 'hex')))

describe('envelope handshake', () => {
  it('gives both hosts one session, over fresh keys each time', async () => {
    const sealed: string[] = []
    for (let i = 0; i < 2; i++) {
      const { message: init, pending } = await freshInit()
      const { message: response, session } = await accept(init)
      const atInitiator = await pending.complete(response, NOW_MS)
      const envelope = atInitiator.seal(encodeData(Uint8Array.of(1)))
      assert.deepEqual(session.open(envelope), encodeData(Uint8Array.of(1)))
      sealed.push(Buffer.from(envelope.subarray(20)).toString('hex'))
    }
    assert.notEqual(sealed[0], sealed[1])
  })

  it('never answers with more bytes than it was asked with, whatever the packet headers', async () => {
    const { message: init } = await freshInit()
    const { message: response } = await accept(init)
    assert.deepEqual([init.length, response.length], [INIT_BYTES, RESPONSE_BYTES])
    assert.ok(response.length + MAX_SOURCE_ROUTE_HEADER_BYTES <= init.length)
  })

  it('refuses an init that is meant for another host', async () => {
    const { message } = await freshInit()
    await assert.rejects(acceptInit(message, { privateKey: strangerKey, nowMs: NOW_MS }), { name: 'HandshakeError', refusal: 'not-for-us' })
  })

  it('refuses an init that was redirected by writing another responder into it', async () => {
    const { message } = await freshInit()
    message.set(strangerKey.publicKey.raw, 100)
    await assert.rejects(acceptInit(message, { privateKey: strangerKey, nowMs: NOW_MS }), { name: 'InvalidSignatureError' })
  })

  it('refuses an init in which another identity claims the initiator\'s work', async () => {
    const { message } = await freshInit()
    message.set(strangerKey.publicKey.raw, 68)
    await assert.rejects(accept(message), { name: 'InvalidSignatureError' })
  })

  it('refuses a response of another host, and one that only names the right host, then takes the true one', async () => {
    const { message: init, pending } = await freshInit()
    const { message: response } = await accept(init)
    const fields = { sessionId: pending.id, timestampMs: NOW_MS, ephemeral: x25519.getPublicKey(new Uint8Array(32).fill(5)) }
    const sign = (bytes: Uint8Array): Uint8Array | Promise<Uint8Array> => strangerKey.sign(bytes)
    const honestName = await encodeResponse(init, { ...fields, responder: strangerKey.publicKey.raw }, sign)
    const stolenName = await encodeResponse(init, { ...fields, responder: responderKey.publicKey.raw }, sign)
    await assert.rejects(pending.complete(honestName, NOW_MS), { name: 'HandshakeError', refusal: 'wrong-identity' })
    await assert.rejects(pending.complete(stolenName, NOW_MS), { name: 'InvalidSignatureError' })
    assert.ok((await pending.complete(response, NOW_MS)).remote.equals(responder))
  })

  it('refuses a response to another init of the same hosts', async () => {
    const first = await freshInit()
    const second = await freshInit()
    const { message: response } = await accept(first.message)
    await assert.rejects(second.pending.complete(response, NOW_MS), { name: 'UnknownSessionError' })
    response.set(second.pending.id, 4)
    await assert.rejects(second.pending.complete(response, NOW_MS), { name: 'InvalidSignatureError' })
  })

  it('gives one session for all valid responses, however many arrive at once', async () => {
    const { message: init, pending } = await freshInit()
    const { message: response } = await accept(init)
    const { message: another } = await accept(init)
    const sessions = await Promise.all([response, response, another].map(async message => pending.complete(message, NOW_MS)))
    assert.equal(new Set(sessions).size, 1)
    assert.equal(await pending.complete(another, NOW_MS), sessions[0])
  })

  for (const [what, offMs] of [['past', -CLOCK_SKEW_MS], ['future', CLOCK_SKEW_MS]] as const) {
    it(`takes messages from as far in the ${what} as clocks may differ, and not from further`, async () => {
      const further = offMs + Math.sign(offMs)
      const { message: init, pending } = await freshInit(NOW_MS + offMs)
      await accept(init)
      await assert.rejects(accept((await freshInit(NOW_MS + further)).message), { name: 'ExpiredError' })
      const { message: response } = await accept(init, NOW_MS + offMs)
      await assert.rejects(pending.complete(response, NOW_MS + offMs - further), { name: 'ExpiredError' })
      assert.ok(await pending.complete(response, NOW_MS))
    })
  }

  it('refuses every init while its clock is not a number', async () => {
    await assert.rejects(accept((await freshInit()).message, NaN), { name: 'ExpiredError' })
  })

  it('refuses an ephemeral key of low order in either direction', async () => {
    for (const ephemeral of LOW_ORDER) {
      const fields = { sessionId: new Uint8Array(8), timestampMs: NOW_MS, ephemeral, responder: responderKey.publicKey.raw }
      const evilInit = await encodeInit({ ...fields, flowLabel, initiator: initiatorKey.publicKey.raw }, bytes => initiatorKey.sign(bytes))
      await assert.rejects(accept(evilInit), { name: 'HandshakeError', refusal: 'weak-key' })
      const { message: init, pending } = await freshInit()
      const evilResponse = await encodeResponse(init, { ...fields, sessionId: pending.id }, bytes => responderKey.sign(bytes))
      await assert.rejects(pending.complete(evilResponse, NOW_MS), { name: 'HandshakeError', refusal: 'weak-key' })
    }
  })

  it('refuses an identity that did not sign, even one that is no point of the curve', async () => {
    for (const initiator of [new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(2), ...LOW_ORDER]) {
      const { message } = await freshInit()
      message.set(initiator, 68)
      await assert.rejects(accept(message), { name: 'InvalidSignatureError' })
    }
  })

  it('refuses a session id that is in use', async () => {
    const { message, pending } = await freshInit()
    const options = { privateKey: responderKey, nowMs: NOW_MS }
    const isSessionIdTaken = (id: Uint8Array): boolean => Buffer.compare(id, pending.id) === 0
    await assert.rejects(acceptInit(message, { ...options, isSessionIdTaken }), { name: 'HandshakeError', refusal: 'session-id-taken' })
    assert.ok(await acceptInit(message, { ...options, isSessionIdTaken: () => false }))
  })

  it('says that only Ed25519 identities can talk, and that a flow label has 16 bytes', async () => {
    const other = await generateKeyPair('secp256k1')
    const options = { privateKey: initiatorKey, remote: responder, flowLabel, nowMs: NOW_MS }
    await assert.rejects(createInit({ ...options, privateKey: other }), { name: 'HandshakeError', refusal: 'unsupported-key' })
    await assert.rejects(createInit({ ...options, remote: peerIdFromPrivateKey(other) }), { name: 'HandshakeError', refusal: 'unsupported-key' })
    await assert.rejects(createInit({ ...options, flowLabel: flowLabel.subarray(1) }), { name: 'MalformedMessageError' })
  })

  it('is not confused by a receive buffer that is used again while signatures are verified', async () => {
    const { message: init, pending } = await freshInit()
    const accepting = accept(init)
    init.fill(0)
    const { message: response } = await accepting
    const completing = pending.complete(response, NOW_MS)
    response.fill(0)
    assert.ok(initiator.equals((await accepting).session.remote))
    assert.ok(await completing)
  })
})

describe('envelope handshake under hostile bytes', () => {
  it('refuses an init with any one byte altered', async () => {
    const { message } = await freshInit()
    for (let at = 0; at < message.length; at++) {
      await assert.rejects(accept(altered(message, at)), isTyped, `byte ${at}`)
    }
    await fc.assert(fc.asyncProperty(fc.nat({ max: INIT_BYTES - 1 }), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      await assert.rejects(accept(altered(message, at, mask)), isTyped)
    }), { numRuns: 200 })
  })

  it('refuses a response with any one byte altered, and still takes the true one', async () => {
    const { message: init, pending } = await freshInit()
    const { message: response } = await accept(init)
    for (let at = 0; at < response.length; at++) {
      await assert.rejects(pending.complete(altered(response, at), NOW_MS), isTyped, `byte ${at}`)
    }
    await fc.assert(fc.asyncProperty(fc.nat({ max: RESPONSE_BYTES - 1 }), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      await assert.rejects(pending.complete(altered(response, at, mask), NOW_MS), isTyped)
    }), { numRuns: 200 })
    assert.ok(await pending.complete(response, NOW_MS))
  })

  it('refuses messages that are cut off or have trailing bytes', async () => {
    const { message: init, pending } = await freshInit()
    const { message: response } = await accept(init)
    for (const length of [0, 1, 11, 147, 599]) {
      await assert.rejects(accept(init.subarray(0, length)), { name: 'MalformedMessageError' })
      await assert.rejects(pending.complete(response.subarray(0, Math.min(length, 147)), NOW_MS), { name: 'MalformedMessageError' })
    }
    await assert.rejects(accept(Uint8Array.of(...init, 0)), { name: 'MalformedMessageError' })
    await assert.rejects(pending.complete(Uint8Array.of(...response, 0), NOW_MS), { name: 'MalformedMessageError' })
  })

  for (const at of [2, 3, 132, 535]) {
    it(`refuses an init in which byte ${at}, reserved or padding, is not zero although its initiator signed that`, async () => {
      const { message } = await freshInit()
      const odd = altered(message, at)
      odd.set(await initiatorKey.sign(initTranscript(odd)), INIT_BYTES - 64)
      await assert.rejects(accept(odd), { name: 'MalformedMessageError' })
    })
  }

  for (const at of [2, 3]) {
    it(`refuses a response in which reserved byte ${at} is not zero although its responder signed that`, async () => {
      const { message: init, pending } = await freshInit()
      const odd = altered((await accept(init)).message, at)
      odd.set(await responderKey.sign(responseTranscript(init, odd)), RESPONSE_BYTES - 64)
      await assert.rejects(pending.complete(odd, NOW_MS), { name: 'MalformedMessageError' })
    })
  }

  it('refuses another version by name, so that both sides know what to change', async () => {
    const { message } = await freshInit()
    await assert.rejects(accept(altered(message, 1, 3)), { name: 'HandshakeError', refusal: 'unsupported-version' })
  })

  it('answers random bytes with typed errors only', async () => {
    const { pending, message } = await freshInit()
    const beginnings = [[], [1, 1, 0, 0], [2, 1, 0, 0, ...pending.id], [...message.subarray(0, 132)]]
    const hostile = fc.tuple(fc.constantFrom(...beginnings), fc.constantFrom(0, INIT_BYTES, RESPONSE_BYTES), fc.infiniteStream(fc.nat({ max: 255 })))
      .map(([beginning, length, stream]) => Uint8Array.from([...beginning, ...stream.take(Math.max(0, length - beginning.length))]))
    await fc.assert(fc.asyncProperty(hostile, async bytes => {
      await assert.rejects(accept(bytes), isTyped)
      await assert.rejects(pending.complete(bytes, NOW_MS), isTyped)
    }), { numRuns: 150 })
  })
})
