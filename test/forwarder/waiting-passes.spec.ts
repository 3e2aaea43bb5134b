import assert from 'node:assert/strict'
import { MAX_WAITING_FOR_DESTINATION, MAX_WAITING_FOR_FORWARDER, MAX_WAITING_PER_CALLER, WaitingPasses } from '../../src/forwarder/waiting-passes.ts'
import type { GateCaller } from '../../src/defence/set-up-limits.ts'

const NEXT = 'next hop'
/** A host whose place is its number among those of its prefix. */
const host = (prefix: number, number: number): GateCaller => ({ peer: `host ${prefix}.${number}`, prefix: `10.0.${prefix}.0/24`, isForwarder: false })
/** Each of a prefix of its own, if none is given. */
const forwarder = (number: number, prefix = `10.1.${number}.0/24`): GateCaller => ({ peer: `forwarder ${number}`, prefix, isForwarder: true })

describe('passes that wait for next hops', () => {
  let waiting: WaitingPasses
  let end: Array<() => void>

  beforeEach(() => {
    waiting = new WaitingPasses()
    end = []
  })

  /** One that waits until the test ends it; says at once whether it may. */
  async function begins (caller: GateCaller, next = NEXT, isDestination = false): Promise<boolean> {
    let hasBegun = false
    const pass = waiting.during(caller, next, isDestination, async () => {
      hasBegun = true
      await new Promise<void>((resolve) => { end.push(resolve) })
    })
    if (!hasBegun) {
      await assert.rejects(pass, { name: 'OverQuotaError' })
    }
    return hasBegun
  }

  /** How many begin, of as many as a caller likes to have. */
  async function most (callerOf: (pass: number) => GateCaller, next = NEXT, isDestination = false): Promise<number> {
    let begun = 0
    while (begun < 1_000 && await begins(callerOf(begun), next, isDestination)) {
      begun++
    }
    return begun
  }

  it('are half of all places for a forwarder that comes alone, and the next one finds some', async () => {
    assert.equal(await most(() => forwarder(1)), MAX_WAITING_FOR_FORWARDER / 2)
    assert.equal(await most(() => forwarder(2)), MAX_WAITING_FOR_FORWARDER / 4)
  })

  it('regression: are a fifth of all for the hosts of one address prefix, however many ids they have: others go on', async () => {
    assert.equal(await most((pass) => host(1, pass % 4)), 26)
    assert.equal(await begins(forwarder(1)), true)
    assert.ok(await most((pass) => host(2, pass)) >= 20)
  })

  it('regression: are half of all for the forwarders of one address prefix and its hosts together, however many were made up', async () => {
    let begun = 0
    for (let number = 0; number < 8; number++) {
      begun += await most(() => forwarder(number, '10.0.1.0/24'))
      begun += await most((pass) => host(1, pass))
    }
    assert.equal(begun, MAX_WAITING_FOR_FORWARDER / 2)
    assert.equal(await most(() => forwarder(20)), MAX_WAITING_FOR_FORWARDER / 4)
    assert.equal(await begins(host(2, 0)), true)
  })

  it('leave places for a newcomer when ten prefixes take what they can', async () => {
    for (let prefix = 0; prefix < 10; prefix++) {
      await most((pass) => host(prefix, pass))
    }
    assert.ok(waiting.for(NEXT) < MAX_WAITING_FOR_FORWARDER, `${waiting.for(NEXT)} wait`)
    assert.equal(await begins(host(60, 0)), true)
  })

  it('for one next hop leave those for another alone', async () => {
    await most((pass) => host(1, pass))
    assert.equal(await most((pass) => host(1, 100 + pass), 'another'), 26)
  })

  it('are for a destination as many as there may be, whoever asks', async () => {
    assert.equal(await most((pass) => host(1, pass % 2), NEXT, true), MAX_WAITING_FOR_DESTINATION)
    assert.equal(await begins(forwarder(1), NEXT, true), false)
  })

  it('regression: of a caller that does not count as a forwarder are as many as its own next hop, this node, may have wait', async () => {
    assert.equal(await most(() => host(1, 1), 'first destination', true), MAX_WAITING_FOR_DESTINATION)
    assert.equal(await most(() => host(1, 1), 'second destination', true), MAX_WAITING_PER_CALLER - MAX_WAITING_FOR_DESTINATION)
    assert.equal(await begins(host(1, 1), 'third destination', true), false)
    assert.ok(MAX_WAITING_PER_CALLER >= MAX_WAITING_FOR_FORWARDER)
  })

  it('are counted no more when they have ended, well or not', async () => {
    await most(() => forwarder(1))
    end.forEach((resolve) => { resolve() })
    await new Promise((resolve) => setImmediate(resolve))
    await assert.rejects(waiting.during(forwarder(1), NEXT, false, async () => { throw new Error('it failed') }), { message: 'it failed' })
    assert.deepEqual([waiting.for(NEXT), waiting.size], [0, 0])
  })
})
