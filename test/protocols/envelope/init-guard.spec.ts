import assert from 'node:assert/strict'
import { CLOCK_SKEW_MS, INIT_MEMORY_MS, MAX_RESPONSE_REPEATS, RESPONSE_MEMORY_MS } from '../../../protocols/envelope/constants.ts'
import { InitGuard } from '../../../protocols/envelope/init-guard.ts'
import { NOW_MS, altered, freshInit, responderKey, strangerKey } from './two-hosts.ts'
import type { InitGuardInit } from '../../../protocols/envelope/init-guard.ts'

const SIGNATURE_AT = 540
const options = { privateKey: responderKey }

function guardAt (limits: Partial<InitGuardInit> = {}): { clock: { nowMs: number }, guard: InitGuard } {
  const clock = { nowMs: NOW_MS }
  return { clock, guard: new InitGuard({ nowMs: () => clock.nowMs, ...limits }) }
}

describe('init guard', () => {
  it('gives the same response to an init that is sent again, and no second session', async () => {
    const { clock, guard } = guardAt()
    const { message, pending } = await freshInit()
    const first = await guard.accept(message, options)
    clock.nowMs += RESPONSE_MEMORY_MS
    const second = await guard.accept(message, options)
    assert.ok(first.session)
    assert.equal(second.session, undefined)
    assert.deepEqual(second.message, first.message)
    const atInitiator = await pending.complete(second.message, NOW_MS)
    assert.deepEqual(first.session.open(atInitiator.seal(Uint8Array.of(1))), Uint8Array.of(1))
  })

  it('makes one session of copies that arrive over several paths at once', async () => {
    const { guard } = guardAt()
    const { message } = await freshInit()
    const answers = await Promise.all([message, message.slice(), message.slice()].map(async copy => guard.accept(copy, options)))
    assert.deepEqual(answers.map(({ session }) => session !== undefined), [true, false, false])
    assert.deepEqual(answers[1].message, answers[0].message)
    assert.deepEqual(answers[2].message, answers[0].message)
  })

  it('refuses a replay for as long as its timestamp would be good', async () => {
    const { clock, guard } = guardAt()
    const { message } = await freshInit(NOW_MS + CLOCK_SKEW_MS)
    await guard.accept(message, options)
    for (const afterMs of [RESPONSE_MEMORY_MS + 1, CLOCK_SKEW_MS, INIT_MEMORY_MS - 1]) {
      clock.nowMs = NOW_MS + afterMs
      await assert.rejects(guard.accept(message, options), { name: 'HandshakeError', refusal: 'replayed' })
    }
    clock.nowMs = NOW_MS + INIT_MEMORY_MS + 1
    await assert.rejects(guard.accept(message, options), { name: 'ExpiredError' })
  })

  it('repeats a response a bounded number of times', async () => {
    const { guard } = guardAt()
    const { message } = await freshInit()
    await guard.accept(message, options)
    for (let i = 0; i < MAX_RESPONSE_REPEATS; i++) {
      await guard.accept(message, options)
    }
    await assert.rejects(guard.accept(message, options), { name: 'HandshakeError', refusal: 'replayed' })
  })

  it('is not kept from the true init by an altered copy that came first', async () => {
    const { guard } = guardAt()
    const { message } = await freshInit()
    const forged = guard.accept(altered(message, SIGNATURE_AT), options)
    const genuine = guard.accept(message, options)
    await assert.rejects(forged, { name: 'InvalidSignatureError' })
    assert.ok((await genuine).session)
  })

  it('tells every waiting copy of a bad init that it is bad, and remembers nothing of it', async () => {
    const { guard } = guardAt({ maxRememberedInits: 1 })
    const { message } = await freshInit()
    const bad = altered(message, SIGNATURE_AT)
    const outcomes = await Promise.allSettled([guard.accept(bad, options), guard.accept(bad, options)])
    assert.deepEqual(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.name), Array(2).fill('InvalidSignatureError'))
    assert.ok((await guard.accept(message, options)).session)
  })

  it('leaves no rejection unhandled when a bad init has no waiting copies', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown): void => { unhandled.push(reason) }
    process.on('unhandledRejection', onUnhandled)
    try {
      const { guard } = guardAt()
      await assert.rejects(guard.accept(altered((await freshInit()).message, SIGNATURE_AT), options), { name: 'InvalidSignatureError' })
      await new Promise(resolve => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', onUnhandled)
    }
    assert.deepEqual(unhandled, [])
  })

  it('looks at no more inits per second than it is told, repeats excepted', async () => {
    const { clock, guard } = guardAt({ maxInitsPerSecond: 2 })
    const inits = await Promise.all(Array.from({ length: 4 }, async () => (await freshInit()).message))
    await guard.accept(inits[0], options)
    await guard.accept(inits[1], options)
    await assert.rejects(guard.accept(inits[2], options), { name: 'HandshakeError', refusal: 'rate-limited' })
    assert.ok(await guard.accept(inits[0], options))
    clock.nowMs += 500
    assert.ok((await guard.accept(inits[2], options)).session)
    await assert.rejects(guard.accept(inits[3], options), { name: 'HandshakeError', refusal: 'rate-limited' })
  })

  it('spends nothing of its rate on inits that are stale, malformed or for somebody else', async () => {
    const { guard } = guardAt({ maxInitsPerSecond: 1 })
    const { message } = await freshInit()
    await assert.rejects(guard.accept(message.subarray(1), options), { name: 'MalformedMessageError' })
    await assert.rejects(guard.accept(message, { privateKey: strangerKey }), { name: 'HandshakeError', refusal: 'not-for-us' })
    await assert.rejects(guard.accept((await freshInit(NOW_MS - CLOCK_SKEW_MS - 1)).message, options), { name: 'ExpiredError' })
    assert.ok((await guard.accept(message, options)).session)
  })

  it('does not gain tokens or fail when the clock is set back', async () => {
    const { clock, guard } = guardAt({ maxInitsPerSecond: 1 })
    await guard.accept((await freshInit()).message, options)
    clock.nowMs -= 10_000
    await assert.rejects(guard.accept((await freshInit()).message, options), { name: 'HandshakeError', refusal: 'rate-limited' })
    clock.nowMs += 1_000
    assert.ok((await guard.accept((await freshInit()).message, options)).session)
  })

  it('refuses new inits when it remembers all it may, and forgets the oldest in time', async () => {
    const { clock, guard } = guardAt({ maxRememberedInits: 2 })
    await guard.accept((await freshInit()).message, options)
    clock.nowMs += 1_000
    await guard.accept((await freshInit()).message, options)
    await assert.rejects(guard.accept((await freshInit()).message, options), { name: 'HandshakeError', refusal: 'memory-full' })
    clock.nowMs = NOW_MS + INIT_MEMORY_MS + 1
    assert.ok((await guard.accept((await freshInit(clock.nowMs)).message, options)).session)
    await assert.rejects(guard.accept((await freshInit(clock.nowMs)).message, options), { name: 'HandshakeError', refusal: 'memory-full' })
  })

  it('regression: is not full for long after the clock was set back', async () => {
    const { clock, guard } = guardAt({ maxRememberedInits: 2 })
    clock.nowMs = NOW_MS + 3_600_000
    for (let init = 0; init < 2; init++) {
      await guard.accept((await freshInit(clock.nowMs)).message, options)
    }
    clock.nowMs = NOW_MS
    assert.ok((await guard.accept((await freshInit()).message, options)).session)
  })
})
