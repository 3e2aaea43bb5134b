import assert from 'node:assert/strict'
import { defaultLogger } from '@libp2p/logger'
import { openReport } from '../../protocols/report/codec.ts'
import { HEARTBEAT_MS, MAX_LINKS } from '../../protocols/report/constants.ts'
import { ReportPublisher } from '../../src/forwarder/report-publisher.ts'
import { FAR, FORWARDER, FORWARDER_KEY, NEAR, NOW_MS, peersFrom, sampleLink, samplePolicy } from '../protocols/report/samples.ts'
import type { Subscriber } from '../../src/forwarder/report-publisher.ts'
import type { LinkMeasurement, PolicyStatement, VerifiedReport } from '../../protocols/report/codec.ts'

const RSPS = await peersFrom(60, 40)
const NO_POLICY = { listedOnly: false, rsps: [], revoked: [], authorizedOnly: false }

describe('report publisher', () => {
  let publisher: ReportPublisher
  let links: LinkMeasurement[]
  let loadBytesPerSecond: number
  let policy: PolicyStatement | undefined
  let nowMs: number
  /** Where it is not told apart from what time it is. */
  let clockMs: number | undefined
  let rsps: number

  beforeEach(() => {
    rsps = 0
    links = [sampleLink(), sampleLink({ peer: FAR })]
    loadBytesPerSecond = 1_000
    policy = undefined
    nowMs = NOW_MS
    clockMs = undefined
    publisher = new ReportPublisher({
      privateKey: FORWARDER_KEY,
      measurements: () => links,
      loadBytesPerSecond: () => loadBytesPerSecond,
      priceMicroPerGb: 50_000,
      policy: () => policy ?? NO_POLICY,
      now: () => nowMs,
      clock: () => clockMs ?? nowMs,
      log: defaultLogger().forComponent('test:reports')
    })
  })

  afterEach(() => {
    publisher.stop()
  })

  /** A subscriber; `next` gives its next report, opened. */
  function subscribe (who: Subscriber = { peer: RSPS[rsps++] }): { next: () => Promise<VerifiedReport | undefined>, abort: () => void } {
    const abort = new AbortController()
    const reports = publisher.subscribe(abort.signal, who)
    return {
      next: async () => {
        const { value, done } = await reports.next()
        return done === true ? undefined : await openReport(value, { expectedPeer: FORWARDER, nowMs })
      },
      abort: () => { abort.abort() }
    }
  }

  const peersIn = (report: VerifiedReport | undefined): string[] => (report?.links ?? []).map(({ peer }) => peer.toString())

  /** A subscriber that has had the full report, and the publisher its first round. */
  async function settled (): Promise<ReturnType<typeof subscribe>> {
    const subscriber = subscribe()
    await subscriber.next()
    await publisher.publish()
    await subscriber.next()
    return subscriber
  }

  it('begins with a full report, signed', async () => {
    const report = await subscribe().next()
    assert.deepEqual([report?.full, peersIn(report)], [true, [NEAR.toString(), FAR.toString()]])
    assert.deepEqual([report?.loadBytesPerSecond, report?.priceMicroPerGb], [1_000n, 50_000])
  })

  it('then sends only the links that have moved significantly', async () => {
    const subscriber = await settled()
    links = [sampleLink({ rttUs: 12_345 + 900 }), sampleLink({ peer: FAR, rttUs: 20_000 })]
    nowMs += 500
    await publisher.publish()
    const report = await subscriber.next()
    assert.deepEqual([report?.full, peersIn(report)], [false, [FAR.toString()]])
  })

  it('compares with what it has sent, so that a slow drift is told too', async () => {
    const subscriber = await settled()
    for (let step = 1; step <= 4; step++) {
      links = [sampleLink({ rttUs: 12_345 + step * 300 }), links[1]]
      nowMs += 500
      await publisher.publish()
    }
    const report = await subscriber.next()
    assert.deepEqual(report?.links.map(({ rttUs }) => rttUs), [12_345 + 1_200])
  })

  it('says nothing while nothing moves, until the heartbeat brings a full report', async () => {
    const subscriber = await settled()
    nowMs += HEARTBEAT_MS - 1
    await publisher.publish()
    links[0] = sampleLink({ up: false, rttUs: 0, jitterUs: 0 })
    nowMs += 1
    await publisher.publish()
    const report = await subscriber.next()
    assert.deepEqual([report?.full, report?.links.map(({ up }) => up)], [true, [false, true]])
  })

  it('regression: keeps its heartbeat when the clock on the wall is set back', async () => {
    clockMs = 1_000
    const subscriber = await settled()
    nowMs -= 30_000
    clockMs += HEARTBEAT_MS
    await publisher.publish()
    assert.equal((await subscriber.next())?.full, true)
  })

  it('ends what an RSP has subscribed to, and tells it of the policy before that; others go on', async () => {
    const [ended, other] = [subscribe({ peer: RSPS[30] }), await settled()]
    await ended.next()
    policy = samplePolicy({ listedOnly: false, rsps: [] })
    await publisher.end(RSPS[30])
    const last = await ended.next()
    assert.deepEqual([last?.full, last?.policy?.revoked.length, await ended.next()], [true, 1, undefined])
    assert.equal(publisher.subscribers, 1)
    await publisher.publish()
    assert.equal((await other.next())?.full, true)
    await publisher.end(RSPS[31])
    assert.equal(publisher.subscribers, 1)
  })

  it('tells at once of a link that has gone down', async () => {
    const subscriber = await settled()
    links[1] = sampleLink({ peer: FAR, up: false, rttUs: 0, jitterUs: 0 })
    await publisher.publish()
    const report = await subscriber.next()
    assert.deepEqual([report?.full, report?.links.map(({ peer, up }) => [peer.toString(), up])], [false, [[FAR.toString(), false]]])
  })

  it('tells at once of a link that the operator has closed', async () => {
    const subscriber = await settled()
    links[1] = sampleLink({ peer: FAR, closed: true })
    await publisher.publish()
    const report = await subscriber.next()
    assert.deepEqual([report?.full, report?.links.map(({ closed }) => closed)], [false, [true]])
  })

  const MBIT = 125_000
  const traffic: Array<[title: string, before: Partial<LinkMeasurement>, after: Partial<LinkMeasurement>, told: boolean]> = [
    ['tells of a link that delivers more than it was known to', { bytesPerSecond: 4 * MBIT }, { bytesPerSecond: 6 * MBIT }, true],
    ['tells of a load that has come', {}, { loadBytesPerSecond: 2 * MBIT }, true],
    ['tells of a load that has come from the other end', {}, { receivedBytesPerSecond: 2 * MBIT }, true],
    ['tells of more received than ever', { mostReceivedBytesPerSecond: 4 * MBIT }, { mostReceivedBytesPerSecond: 6 * MBIT }, true],
    ['tells nothing of a load that wobbles', { loadBytesPerSecond: 20 * MBIT }, { loadBytesPerSecond: 28 * MBIT, receivedBytesPerSecond: MBIT }, false]
  ]
  for (const [title, before, after, told] of traffic) {
    it(title, async () => {
      links = [sampleLink(before), sampleLink({ peer: FAR })]
      const subscriber = await settled()
      links = [sampleLink(after), sampleLink({ peer: FAR })]
      await publisher.publish()
      nowMs += HEARTBEAT_MS
      await publisher.publish()
      const report = await subscriber.next()
      assert.deepEqual([report?.full, peersIn(report)], told ? [false, [NEAR.toString()]] : [true, [NEAR.toString(), FAR.toString()]])
    })
  }

  it('says in full reports what the policy is, and sends one as soon as it changes', async () => {
    policy = samplePolicy()
    const subscriber = await settled()
    links[1] = sampleLink({ peer: FAR, rttUs: 50_000 })
    await publisher.publish()
    assert.deepEqual([(await subscriber.next())?.policy], [undefined], 'a delta does not say it again')
    policy = samplePolicy({ listedOnly: false, rsps: [] })
    await publisher.publish()
    const report = await subscriber.next()
    assert.deepEqual([report?.full, report?.policy?.listedOnly, report?.policy?.revoked.length, report?.links.length], [true, false, 1, 2])
    await publisher.publish()
    nowMs += HEARTBEAT_MS
    await publisher.publish()
    assert.equal((await subscriber.next())?.policy?.listedOnly, false)
  })

  it('sends a full report when a link is no longer measured, since a delta cannot say so', async () => {
    const subscriber = await settled()
    links = [links[0]]
    await publisher.publish()
    const report = await subscriber.next()
    assert.deepEqual([report?.full, peersIn(report)], [true, [NEAR.toString()]])
  })

  it('numbers reports in rising order, also over a restart', async () => {
    const subscriber = await settled()
    const sequences: bigint[] = []
    for (let i = 0; i < 3; i++) {
      nowMs += HEARTBEAT_MS
      await publisher.publish()
      sequences.push((await subscriber.next())?.sequence ?? 0n)
    }
    assert.deepEqual(sequences, [...sequences].sort((a, b) => Number(a - b)))
    assert.ok(sequences[0] > BigInt(NOW_MS) && sequences[2] < BigInt(nowMs))
  })

  it('regression: drops a subscriber that is sixteen reports behind, and keeps the others', async () => {
    const [slow, quick] = [await settled(), subscribe()]
    await quick.next()
    assert.equal(publisher.subscribers, 2)
    let taken = 0
    for (let round = 0; round < 17; round++) {
      nowMs += 500
      links[0] = sampleLink({ rttUs: round % 2 === 0 ? 50_000 : 100_000 })
      await publisher.publish()
      taken += await quick.next() === undefined ? 0 : 1
    }
    assert.deepEqual([publisher.subscribers, taken], [1, 17])
    let left = 0
    while (await slow.next() !== undefined) {
      left++
    }
    assert.equal(left, 16)
  })

  it('ends a subscription with its signal, and frees its place', async () => {
    const subscriber = await settled()
    const waiting = subscriber.next()
    subscriber.abort()
    assert.equal(await waiting, undefined)
    assert.equal(publisher.subscribers, 0)
  })

  it('regression: does not keep a subscriber that was gone before its first report', async () => {
    const subscriber = subscribe()
    subscriber.abort()
    assert.equal((await subscriber.next())?.full, true)
    assert.equal(await subscriber.next(), undefined)
    assert.equal(publisher.subscribers, 0)
  })

  it('ends all subscriptions when it stops', async () => {
    const subscriber = await settled()
    const waiting = subscriber.next()
    publisher.stop()
    assert.equal(await waiting, undefined)
  })

  it('has room for 32 subscribers', async () => {
    for (let i = 0; i < 32; i++) {
      await subscribe().next()
    }
    await assert.rejects(subscribe().next(), { name: 'OverQuotaError' })
  })

  it('regression: has room for two of one RSP and eight of one address prefix, so that neither keeps out the others', async () => {
    const isTaken = async (who: Subscriber): Promise<boolean> => subscribe(who).next().then(() => true, () => false)
    const [loud] = RSPS
    assert.deepEqual([await isTaken({ peer: loud }), await isTaken({ peer: loud }), await isTaken({ peer: loud })], [true, true, false])
    const crowd = []
    for (const peer of RSPS.slice(1, 21)) {
      crowd.push(await isTaken({ peer, prefix: '192.0.2.0/24' }))
    }
    assert.equal(crowd.filter(Boolean).length, 8)
    assert.equal(await isTaken({ peer: RSPS[30], prefix: '198.51.100.0/24' }), true)
  })

  it('regression: reports as many links as a report holds when there are more', async () => {
    const [peer] = await peersFrom(100, 1)
    const peers = await peersFrom(200, MAX_LINKS)
    links = [...peers, peer].map((one) => sampleLink({ peer: one }))
    assert.equal((await subscribe().next())?.links.length, MAX_LINKS)
  })

  it('regression: outlives a report that cannot be made', async () => {
    const subscriber = await settled()
    loadBytesPerSecond = NaN
    nowMs += HEARTBEAT_MS
    await publisher.publish()
    loadBytesPerSecond = 5
    nowMs += HEARTBEAT_MS
    await publisher.publish()
    assert.equal((await subscriber.next())?.loadBytesPerSecond, 5n)
  })
})
