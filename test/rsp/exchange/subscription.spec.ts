import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { ScopeMatch } from '../../../src/rsp/exchange/scope-match.ts'
import { RENEW_MS, Subscription } from '../../../src/rsp/exchange/subscription.ts'
import { TokenBucket } from '../../../src/defence/token-bucket.ts'
import { EVERYTHING } from '../../../protocols/exchange/codec.ts'
import { ONE, TWO } from '../../protocols/exchange/samples.ts'
import type { ExchangeScope } from '../../../protocols/exchange/codec.ts'
import type { LinkReading } from '../../../src/measurement/link-estimator.ts'

const TAGS: Record<string, Record<string, string>> = { a: { region: 'eu' }, b: { region: 'us' }, c: { region: 'eu' } }
const up = (rttUs: number): LinkReading => ({ state: 'up', rttUs, jitterUs: 0, lossPpm: 0, samples: 1, outcomes: 1 })
const DOWN: LinkReading = { ...up(0), state: 'down', rttUs: undefined }

describe('what a rival is told', () => {
  let nowMs: number
  let readings: Map<string, LinkReading>

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    nowMs = 0
    readings = new Map()
  })
  afterEach(() => { mock.timers.reset() })

  function subscription (init: { maxLinks?: number, perMinute?: number, scope?: ExchangeScope } = {}): Subscription {
    return new Subscription({ scope: new ScopeMatch(init.scope ?? EVERYTHING, (key) => TAGS[key]), maxLinks: init.maxLinks ?? 100, bucket: new TokenBucket({ ratePerSecond: (init.perMinute ?? 6_000) / 60, burst: init.perMinute ?? 6_000, nowMs }), untilMs: 1e9, clock: () => nowMs })
  }

  function note (to: Subscription, name: string, reading: LinkReading): void {
    readings.set(name, reading)
    const [a, b] = name.split(' ')
    to.note(name, [a, b], reading)
  }

  const take = (from: Subscription, most = 512): string[] =>
    from.take(most, ([a, b]) => readings.get(`${a} ${b}`) as LinkReading).map(({ link, isDown }) => link.join(' ') + (isDown ? ' down' : ''))

  it('is a link once, then when it moves, comes or goes, and when it was not told for a while', () => {
    const one = subscription()
    note(one, 'a b', up(10_000))
    assert.deepEqual(take(one), ['a b'])
    note(one, 'a b', up(10_300))
    assert.deepEqual(take(one), [], '3 % is no move')
    note(one, 'a b', up(13_000))
    assert.deepEqual(take(one), ['a b'])
    note(one, 'a b', DOWN)
    assert.deepEqual(take(one), ['a b down'])
    note(one, 'a b', DOWN)
    assert.deepEqual(take(one), [])
    nowMs += RENEW_MS
    note(one, 'a b', up(13_000))
    assert.deepEqual(take(one), ['a b'])
  })

  it('regression: is between no more forwarders at a time than a batch can name', () => {
    const one = subscription({ maxLinks: 1_000 })
    for (let pair = 0; pair < 400; pair++) {
      note(one, `near${pair} far${pair}`, up(10_000))
    }
    assert.deepEqual([take(one).length, take(one).length, take(one).length], [256, 144, 0])
  })

  it('is never a link that is down and that it has not heard of', () => {
    const one = subscription()
    note(one, 'a b', DOWN)
    assert.deepEqual(take(one), [])
  })

  it('is the newest value, however often it moved before it was asked', () => {
    const one = subscription()
    for (let rttUs = 10_000; rttUs < 100_000; rttUs += 5_000) {
      note(one, 'a b', up(rttUs))
    }
    assert.deepEqual(take(one), ['a b'])
    note(one, 'a b', up(95_000))
    assert.deepEqual(take(one), [], 'it has been told that')
  })

  it('keeps to its quotas of links and of measurements per minute', () => {
    const one = subscription({ maxLinks: 50, perMinute: 60 })
    for (let link = 0; link < 100; link++) {
      note(one, `a n${link}`, up(10_000))
    }
    assert.equal(take(one, 20).length, 20)
    assert.equal(take(one).length, 30)
    assert.equal(one.status.links, 50)
    for (let link = 0; link < 50; link++) {
      note(one, `a n${link}`, up(20_000))
    }
    assert.equal(take(one).length, 10, '60 in the first minute')
    nowMs += 20_000
    assert.equal(take(one).length, 20)
  })

  it('regression: counts a link that it knows, and that is due again, once', () => {
    const one = subscription({ maxLinks: 10 })
    for (let link = 0; link < 6; link++) {
      note(one, `a n${link}`, up(10_000))
    }
    assert.equal(take(one).length, 6)
    for (let link = 0; link < 12; link++) {
      note(one, `a n${link}`, up(20_000))
    }
    assert.deepEqual(one.status, { links: 6, waiting: 10 })
    assert.equal(take(one).length, 10)
    nowMs += 600_001
    note(one, 'a n0', up(20_000))
    one.prune()
    assert.deepEqual(one.status, { links: 1, waiting: 1 }, 'what waits is not forgotten')
    for (let link = 20; link < 32; link++) {
      note(one, `a n${link}`, up(10_000))
    }
    assert.deepEqual(one.status, { links: 1, waiting: 10 })
    assert.equal(take(one).length, 10)
    one.restart()
    for (let link = 0; link < 12; link++) {
      note(one, `a n${link}`, up(10_000))
    }
    assert.equal(take(one).length, 10)
  })

  it('is what lies in the scope: with one end, or with both, by name or by tag', () => {
    const told = (scope: Partial<ExchangeScope>): string[] => {
      const one = subscription({ scope: { ...EVERYTHING, ...scope } })
      for (const name of ['a b', 'a c', 'b d', `${ONE} ${TWO}`]) {
        note(one, name, up(10_000))
      }
      return take(one)
    }
    const region = [{ key: 'region', value: 'eu' }]
    assert.deepEqual(told({}), ['a b', 'a c', 'b d', `${ONE} ${TWO}`])
    assert.deepEqual(told({ tags: region }), ['a b', 'a c'])
    assert.deepEqual(told({ tags: region, bothEnds: true }), ['a c'])
    assert.deepEqual(told({ nodes: [ONE] }), [`${ONE} ${TWO}`])
    assert.deepEqual(told({ nodes: [ONE], bothEnds: true }), [])
  })

  it('is waited for until something changes, and gathered for a moment; or until the time is over', async () => {
    const one = subscription()
    let settled = 0
    const wait = (): void => { void one.wait(10_000).then(() => { settled++ }) }
    const turn = async (ms: number): Promise<number> => {
      mock.timers.tick(ms)
      await new Promise((resolve) => setImmediate(resolve))
      return settled
    }
    wait()
    assert.equal(await turn(5_000), 0)
    note(one, 'a b', up(10_000))
    assert.equal(await turn(249), 0)
    note(one, 'a c', up(10_000))
    assert.equal(await turn(1), 1)
    assert.deepEqual(take(one), ['a b', 'a c'])
    wait()
    assert.equal(await turn(9_999), 1)
    assert.equal(await turn(1), 2)
    note(one, 'a b', up(20_000))
    wait()
    assert.equal(await turn(0), 3, 'what waits already is told at once')
  })

  it('is everything anew after a restart', () => {
    const one = subscription()
    note(one, 'a b', up(10_000))
    take(one)
    one.restart()
    note(one, 'a b', up(10_000))
    assert.deepEqual(take(one), ['a b'])
  })
})
