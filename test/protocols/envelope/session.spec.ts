import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeData, sessionIdOf } from '../../../protocols/envelope/codec.ts'
import { MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, REPLAY_WINDOW, SEQUENCE_LIMIT } from '../../../protocols/envelope/constants.ts'
import { acceptInit } from '../../../protocols/envelope/handshake.ts'
import { Session } from '../../../protocols/envelope/session.ts'
import { NOW_MS, altered, flowLabel, freshInit, goldenSessions, initiator, responder, responderKey } from './two-hosts.ts'

const TYPED = new Set(['MalformedMessageError', 'UnknownSessionError', 'ReplayError', 'DecryptionError'])
const frame = encodeData(Uint8Array.of(1, 2, 3))

const assertRefused = (session: Session, envelope: Uint8Array): void => {
  assert.throws(() => session.open(envelope), (err: Error) => TYPED.has(err.name))
}

describe('envelope session', () => {
  it('seals into memory that it is given, whatever was there, to the same bytes', async () => {
    const [one, other] = [await goldenSessions(), await goldenSessions()]
    const room = new Uint8Array(20_000).fill(0xff)
    const sealed = one.atInitiator.seal(frame, room)
    assert.equal(sealed.buffer, room.buffer)
    assert.deepEqual(sealed.slice(), other.atInitiator.seal(frame))
  })

  it('names the flow and the peer alike at both ends', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    assert.deepEqual(atInitiator.id, atResponder.id)
    assert.deepEqual([atInitiator.flowLabel, atResponder.flowLabel], [flowLabel, flowLabel])
    assert.ok(atInitiator.remote.equals(responder))
    assert.ok(atResponder.remote.equals(initiator))
    assert.deepEqual([atInitiator.role, atResponder.role], ['initiator', 'responder'])
  })

  it('opens at each end what the other end sealed, of any length', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), fc.boolean(), (sent, forward) => {
      const [from, to] = forward ? [atInitiator, atResponder] : [atResponder, atInitiator]
      assert.deepEqual(to.open(from.seal(sent)), sent)
    }))
  })

  it('carries a frame of exactly the stated maximum and no byte more', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = atInitiator.seal(new Uint8Array(atInitiator.maxFrameBytes).fill(1))
    assert.equal(sealed.length, MAX_ENVELOPE_BYTES)
    assert.equal(atResponder.open(sealed).length, MAX_FRAME_BYTES)
    assert.throws(() => atInitiator.seal(new Uint8Array(MAX_FRAME_BYTES + 1)), { name: 'MalformedMessageError' })
    assert.throws(() => atInitiator.seal(new Uint8Array()), { name: 'MalformedMessageError' })
    assertRefused(atResponder, Uint8Array.of(...sealed, 0))
  })

  it('does not open its own envelopes: each direction has its own key', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const forward = atInitiator.seal(frame)
    const back = atResponder.seal(frame)
    assert.notDeepEqual(forward, back)
    assert.throws(() => atInitiator.open(forward), { name: 'DecryptionError' })
    assert.throws(() => atResponder.open(back), { name: 'DecryptionError' })
  })

  it('refuses an envelope of another session between the same hosts and for the same flow', async () => {
    const { atResponder } = await goldenSessions()
    const { message, pending } = await freshInit()
    const other = await pending.complete((await acceptInit(message, { privateKey: responderKey, nowMs: NOW_MS })).message, NOW_MS)
    const sealed = other.seal(frame)
    assert.throws(() => atResponder.open(sealed), { name: 'UnknownSessionError' })
    sealed.set(atResponder.id, 4)
    assert.throws(() => atResponder.open(sealed), { name: 'DecryptionError' })
  })

  it('refuses an envelope with any one byte altered, then opens the true one', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = atInitiator.seal(frame)
    for (let at = 0; at < sealed.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        assertRefused(atResponder, altered(sealed, at, mask))
      }
    }
    assert.deepEqual(atResponder.open(sealed), frame)
  })

  it('refuses reserved bytes that are not zero before it decrypts anything', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = atInitiator.seal(frame)
    for (const at of [1, 2, 3]) {
      assert.throws(() => atResponder.open(altered(sealed, at)), { name: 'MalformedMessageError' })
    }
  })

  it('refuses an envelope cut off anywhere', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = atInitiator.seal(frame)
    for (let length = 0; length < sealed.length; length++) {
      assertRefused(atResponder, sealed.subarray(0, length))
    }
  })

  it('answers random bytes with typed errors only', async () => {
    const { atResponder } = await goldenSessions()
    const header = [3, 0, 0, 0, ...sessionIdOf(atResponder.seal(frame))]
    const hostile = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }).map(rest => Uint8Array.of(...header, ...rest)))
    fc.assert(fc.property(hostile, envelope => assertRefused(atResponder, envelope)), { numRuns: 1_000 })
  })

  it('opens each envelope once', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = atInitiator.seal(frame)
    atResponder.open(sealed)
    assert.throws(() => atResponder.open(sealed), { name: 'ReplayError', verdict: 'seen', sequence: 0 })
  })

  it('opens envelopes in any order within the window, and refuses those beyond it', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = Array.from({ length: REPLAY_WINDOW + 1 }, () => atInitiator.seal(frame))
    atResponder.open(sealed[REPLAY_WINDOW])
    for (let sequence = REPLAY_WINDOW - 1; sequence > 0; sequence -= 97) {
      assert.deepEqual(atResponder.open(sealed[sequence]), frame)
    }
    assert.deepEqual(atResponder.open(sealed[1]), frame)
    assert.throws(() => atResponder.open(sealed[0]), { name: 'ReplayError', verdict: 'too-old' })
  })

  it('does not move its window for a forged sequence number', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    const sealed = atInitiator.seal(frame)
    assert.throws(() => atResponder.open(altered(sealed, 15)), { name: 'DecryptionError' })
    assert.deepEqual(atResponder.open(sealed), frame)
  })

  it('seals its last envelope below 2^48 and refuses the next', async () => {
    const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
    const ends = { id: new Uint8Array(8), flowLabel, remote: responder, firstSequence: SEQUENCE_LIMIT - 1 }
    const sender = new Session({ ...ends, role: 'initiator', sendKey: key(1), receiveKey: key(2) })
    const receiver = new Session({ ...ends, role: 'responder', sendKey: key(2), receiveKey: key(1) })
    assert.deepEqual(receiver.open(sender.seal(frame)), frame)
    assert.throws(() => sender.seal(frame), { name: 'SessionExhaustedError' })
  })

  it('counts a responder as confirmed only when it has opened something', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    assert.deepEqual([atInitiator.confirmed, atResponder.confirmed], [true, false])
    const sealed = atInitiator.seal(frame)
    assertRefused(atResponder, altered(sealed, 25))
    assert.equal(atResponder.confirmed, false)
    atResponder.open(sealed)
    assert.equal(atResponder.confirmed, true)
  })

  it('tells how fast it is', async function () {
    const { atInitiator, atResponder } = await goldenSessions()
    const packet = encodeData(new Uint8Array(1_024))
    const packets = 2_000
    const startedAtMs = performance.now()
    for (let i = 0; i < packets; i++) {
      atResponder.open(atInitiator.seal(packet))
    }
    const elapsedMs = performance.now() - startedAtMs
    assert.equal(atInitiator.nextSequence, packets)
    console.log(`      seal and open of 1 KiB: ${(elapsedMs * 1000 / packets).toFixed(1)} us`)
  })
})
