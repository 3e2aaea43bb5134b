import assert from 'node:assert/strict'
import { CallerActivity } from '../../src/defence/caller-activity.ts'
import { DEFAULT_SET_UP_LIMITS } from '../../src/defence/set-up-limits.ts'
import type { GateCaller } from '../../src/defence/set-up-limits.ts'

const FORWARDER: GateCaller = { peer: 'forwarder', prefix: 'any', isForwarder: true }

function host (peer: string, prefix = peer): GateCaller {
  return { peer, prefix, isForwarder: false }
}

describe('CallerActivity', () => {
  let activity: CallerActivity
  /** Asks `perSecond` times for ten seconds. */
  const ask = (perSecond: number, who: (i: number) => [GateCaller, string]): void => {
    for (let i = 0; i < 10 * perSecond; i++) {
      activity.count(...who(i), i * 1_000 / perSecond)
    }
  }

  beforeEach(() => { activity = new CallerActivity(DEFAULT_SET_UP_LIMITS) })

  it('puts the unknown before all others', () => {
    assert.equal(activity.count(host('a'), 'a', 0), -Infinity)
    assert.ok(activity.count(host('a'), 'a', 0) > -Infinity)
  })

  it('puts who asks seldom before who asks often', () => {
    ask(20, () => [host('often'), 'often'])
    ask(1, () => [host('seldom'), 'seldom'])
    assert.ok(activity.count(host('seldom'), 'seldom', 10_000) < activity.count(host('often'), 'often', 10_000))
  })

  it('forgets in time: what was asked long ago weighs less than what was asked now', () => {
    ask(20, () => [host('once busy'), 'once busy'])
    for (let i = 0; i < 20; i++) {
      activity.count(host('now'), 'now', 60_000)
    }
    assert.ok(activity.count(host('once busy'), 'once busy', 60_000) < activity.count(host('now'), 'now', 60_000))
  })

  it('sees a new id for each ask by its prefix', () => {
    ask(200, i => [host(`id ${i}`, 'crowd'), `id ${i}`])
    ask(1, () => [host('seldom'), 'seldom'])
    assert.ok(activity.count(host('seldom'), 'seldom', 10_000) < activity.count(host('fresh', 'crowd'), 'fresh', 10_000))
  })

  it('lets a forwarder ask as much more as its share is larger', () => {
    ask(400, i => [FORWARDER, `source ${i % 400}`])
    ask(20, () => [host('host'), 'host'])
    assert.ok(activity.count(FORWARDER, 'new source', 10_000) < activity.count(host('host'), 'host', 10_000))
  })

  it('puts the quiet source behind a forwarder before the busy one', () => {
    ask(100, () => [FORWARDER, 'busy'])
    ask(1, () => [FORWARDER, 'quiet'])
    assert.ok(activity.count(FORWARDER, 'quiet', 10_000) < activity.count(FORWARDER, 'busy', 10_000))
  })

  it('still compares after a year', () => {
    const yearMs = 365 * 86_400_000
    activity.count(host('twice'), 'twice', yearMs)
    activity.count(host('twice'), 'twice', yearMs)
    activity.count(host('once'), 'once', yearMs)
    const [once, twice] = ['once', 'twice'].map(name => activity.count(host(name), name, yearMs + 1))
    assert.ok(once < twice && Number.isFinite(twice))
  })

  it('is bounded, whoever asks', () => {
    for (let i = 0; i < 50_000; i++) {
      activity.count(host(`id ${i}`), 'x', i)
      activity.count(FORWARDER, `source ${i}`, i)
    }
    const { maxCallers, maxPrefixes, maxSources, maxForwarders } = DEFAULT_SET_UP_LIMITS
    assert.ok(activity.size <= maxCallers + maxPrefixes + maxSources + maxForwarders)
  })
})
