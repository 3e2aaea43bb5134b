import assert from 'node:assert/strict'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { ReportCollector } from '../../src/rsp/report-collector.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import { connectionManagerOf, FakeForwarder, silentLog } from './fake-forwarder.ts'
import type { PeerId } from '@libp2p/interface'

describe('report collector', () => {
  let map: PerformanceMap
  let collector: ReportCollector
  let onLook: () => void
  let a: FakeForwarder
  let b: FakeForwarder
  /** Of the collector, where it does not run by itself. */
  let clockMs: number | undefined
  /** How far the wall clock is from where it was. */
  let setMs: number
  /** What the wall clock says, where it stands still. */
  let wallMs: number | undefined

  beforeEach(async () => {
    const rsp = await createNode()
    setMs = 0
    wallMs = undefined
    map = new PerformanceMap({ clocks: { now: () => Date.now() + setMs, clock: () => performance.now() } })
    clockMs = undefined
    onLook = () => {}
    const now = (): number => {
      onLook()
      return wallMs ?? Date.now() + setMs
    }
    collector = new ReportCollector({
      map, connectionManager: connectionManagerOf(rsp), descriptor: async () => Uint8Array.of(1), now, clock: () => clockMs ?? performance.now(), log: silentLog()
    });
    [a, b] = await Promise.all([1, 2].map(async (number) => new FakeForwarder(await keyOf(number)).start()))
    for (const forwarder of [a, b]) {
      map.addNode(forwarder.peer.toString())
      collector.add(forwarder.descriptor)
    }
    await until(() => a.subscriptions === 1 && b.subscriptions === 1, 'both are subscribed to')
  })

  afterEach(async () => {
    collector.stop()
    await stopNodes()
  })

  it('puts what a forwarder reports into the map', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
  })

  it('subscribes once however often a forwarder is found', async () => {
    collector.add(a.descriptor)
    collector.add(a.descriptor)
    await a.report([{ peer: b.peer }])
    await until(() => rttUs() !== undefined, 'it is in the map')
    assert.equal(a.subscriptions, 1)
  })

  it('takes changes that come later, and believes the worse of two ends', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await b.report([{ peer: a.peer, rttUs: 30_000 }])
    await until(() => rttUs() === 30_000, 'the worse one counts')
    await b.report([{ peer: a.peer, rttUs: 10_000 }], { full: false })
    await until(() => rttUs() === 23_000, 'the other one counts')
  })

  it('takes rates and loads of both directions, and the price', async () => {
    const [from, to] = [a, b].map(({ peer }) => peer.toString())
    await a.report([{ peer: b.peer, bytesPerSecond: 700_000, loadBytesPerSecond: 300_000, receivedBytesPerSecond: 20_000, mostReceivedBytesPerSecond: 90_000 }], { priceMicroPerGb: 40_000 })
    await until(() => map.estimate(from, to) !== undefined, 'it is in the map')
    assert.deepEqual([map.estimate(from, to)?.forth, map.estimate(from, to)?.back], [
      { bytesPerSecond: 700_000, rateIsFloor: false, loadBytesPerSecond: 300_000, priceMicroPerGb: 40_000 },
      { bytesPerSecond: 90_000, rateIsFloor: true, loadBytesPerSecond: 20_000, priceMicroPerGb: undefined }
    ])
    await a.report([{ peer: b.peer, lossPpm: 1_000 }], { full: false, priceMicroPerGb: 0 })
    await until(() => map.estimate(from, to)?.forth.priceMicroPerGb === 0, 'the new price is there')
    assert.equal(map.estimate(from, to)?.forth.bytesPerSecond, undefined)
  })

  it('regression: takes a measurement that is told again and again for one, however long each report was on its way, and the next one for another', async () => {
    const startMs = wallMs = Date.now()
    const views = (): Array<[measuredAtMs: number, reports: number, movementUs2: number]> =>
      map.viewsOf(a.peer.toString()).map(({ measuredAtMs, reports, movementUs2 }) => [measuredAtMs - startMs, reports, movementUs2])
    const read = async (ageMs: number, onItsWayMs: number, measuredMs: number): Promise<void> => {
      wallMs = startMs + measuredMs + ageMs + onItsWayMs
      await a.report([{ peer: b.peer, rttUs: 20_000, ageMs }], { priceMicroPerGb: 1 + ageMs + measuredMs })
      await until(() => map.statements.priceOf(a.peer.toString()) === 1 + ageMs + measuredMs, 'it is read')
    }
    for (const [number, onItsWayMs] of [20, 60, 21, 10, 90].entries()) {
      await read(500 * number, onItsWayMs, 0)
    }
    assert.deepEqual(views(), [[10, 1, 1_000_000]])
    await read(100, 10, 187)
    assert.deepEqual(views(), [[197, 2, 500_000]])
  })

  it('does not take a link of which nothing came back', async () => {
    await a.report([{ peer: b.peer, rttUs: 0, samples: 0 }])
    await b.report([])
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(rttUs(), undefined)
  })

  it('drops a link that either end calls down', async () => {
    await a.report([{ peer: b.peer }])
    await b.report([{ peer: a.peer }])
    await until(() => rttUs() !== undefined, 'it is in the map')
    await b.report([{ peer: a.peer, up: false }], { full: false })
    await until(() => rttUs() === undefined, 'it is gone')
  })

  it('regression: has no link that one end calls down while the other says, again and again, that it is up and quick', async () => {
    const [from, to] = [a, b].map(({ peer }) => peer.toString())
    await a.report([{ peer: b.peer, up: false, samples: 0 }], { priceMicroPerGb: 5 })
    await until(() => map.statements.priceOf(from) === 5, 'it is read')
    for (const quickUs of [1_000, 2_000, 3_000]) {
      await b.report([{ peer: a.peer, rttUs: quickUs }], { full: quickUs < 3_000 })
      await until(() => map.viewsOf(to).some((view) => view.rttUs === quickUs), 'it is read')
      assert.equal(rttUs(), undefined)
    }
    await a.report([{ peer: b.peer, rttUs: 23_000 }], { full: false })
    await until(() => rttUs() === 23_000, 'it is up by the word of both')
    await b.report([{ peer: a.peer, up: false }], { full: false })
    await until(() => rttUs() === undefined, 'the other end may say so, too')
    await b.report([{ peer: a.peer, rttUs: 1_000 }], { full: false })
    await until(() => rttUs() === 23_000, 'what the honest end has said is not forgotten')
    await a.report([{ peer: b.peer, up: false }], { full: false })
    await until(() => rttUs() === undefined, 'it is down')
    a.hangUp()
    await until(() => rttUs() === 1_000, 'an end that says nothing any more does not keep it down')
  })

  it('regression: takes a link that nobody has asked for by the word of both ends only', async () => {
    const isAsked = new Set<string>()
    const ask = (): void => { map.ask(() => isAsked.size > 0, new Set([a, b].map(({ peer }) => peer.toString()))) }
    ask()
    await a.report([{ peer: b.peer, rttUs: 1_000 }])
    await until(() => map.viewsOf(a.peer.toString()).length === 1, 'it is read')
    assert.equal(rttUs(), undefined)
    isAsked.add('all')
    ask()
    assert.equal(rttUs(), 1_000)
    isAsked.clear()
    ask()
    assert.equal(rttUs(), undefined)
    await b.report([{ peer: a.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'both have said it')
  })

  it('drops links that a full report does not name, and keeps those that a delta does not', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
    await a.report([], { full: false })
    await a.report([{ peer: b.peer, rttUs: 24_000 }], { full: false })
    await until(() => rttUs() === 24_000, 'it was kept')
    await a.report([])
    await until(() => rttUs() === undefined, 'it is gone')
  })

  it('drops a link that either end has closed, and keeps it so over deltas and a break, until a full report opens it', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await b.report([{ peer: a.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
    await b.report([{ peer: a.peer, rttUs: 23_000, closed: true }], { full: false })
    await until(() => rttUs() === undefined, 'it is closed')
    b.hangUp()
    await until(() => b.subscriptions === 2, 'it is subscribed to again')
    await a.report([{ peer: b.peer, rttUs: 20_000 }])
    await pause()
    assert.equal(rttUs(), undefined, 'it is still closed')
    await b.report([])
    await until(() => rttUs() === 20_000, 'it is open, by the word of the other end')
    await b.report([{ peer: a.peer, closed: true, samples: 0 }])
    await until(() => rttUs() === undefined, 'it is closed, though nothing was measured')
  })

  it('knows whose paths a forwarder takes, until a full report says otherwise', async () => {
    const [mine, other] = await Promise.all([7, 8].map(peerOf))
    const unwilling = (rsp: PeerId): string[] => [...map.unwilling(rsp)].map((node) => map.keyOf(node))
    await a.report([], { policy: { listedOnly: true, rsps: [mine], revoked: [], authorizedOnly: false } })
    await until(() => unwilling(other).length === 1, 'it is known')
    assert.deepEqual([unwilling(mine), unwilling(other)], [[], [a.peer.toString()]])
    await a.report([], { full: false })
    await a.report([{ peer: b.peer }], { full: false })
    await until(() => rttUs() !== undefined, 'the deltas have come')
    assert.equal(unwilling(other).length, 1)
    await a.report([])
    await until(() => unwilling(other).length === 0, 'it takes anyone')
  })

  it('regression: reads no more than twenty reports of a forwarder at once, and four a second', async () => {
    clockMs = performance.now()
    for (let number = 1; number <= 30; number++) {
      await a.report([{ peer: b.peer, rttUs: 1_000 * number }])
    }
    await until(() => rttUs() === 20_000, 'the first twenty are in the map')
    await a.report([{ peer: b.peer, rttUs: 99_000 }])
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(rttUs(), 20_000)
    await b.report([{ peer: a.peer, rttUs: 50_000 }])
    await until(() => rttUs() === 50_000, 'another is read meanwhile')
    await b.report([])
    clockMs += 1_000
    await until(() => rttUs() === 24_000, 'a second later four more are')
    clockMs += 60_000
    await until(() => rttUs() === 99_000, 'and none is lost')
  })

  it('regression: reads one report that is sent again and again no faster, though it says nothing new', async () => {
    clockMs = performance.now()
    await a.report([{ peer: b.peer, rttUs: 23_000 }], { times: 25 })
    await a.report([{ peer: b.peer, rttUs: 24_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(rttUs(), 23_000)
    clockMs += 2_000
    await until(() => rttUs() === 24_000, 'the next one comes in its time')
  })

  it('takes no report that somebody else has signed, and subscribes anew', async () => {
    await a.report([{ peer: b.peer, rttUs: 1 }], { key: await keyOf(3) })
    await until(() => a.subscriptions === 2, 'it is subscribed to again')
    assert.equal(rttUs(), undefined)
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
  })

  it('forgets what a forwarder said when its subscription breaks, and subscribes anew', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
    a.hangUp()
    await until(() => rttUs() === undefined, 'it is forgotten')
    await until(() => a.subscriptions === 2, 'it is subscribed to again')
  })

  for (const [title, stepMs] of [['forward', 600_000], ['back', -600_000]] as const) {
    it(`regression: keeps what a forwarder said when the wall clock is set ${title}, though its reports are refused until it is right again`, async () => {
      await a.report([{ peer: b.peer, rttUs: 23_000 }])
      await until(() => rttUs() === 23_000, 'it is in the map')
      setMs = stepMs
      for (const subscriptions of [2, 3]) {
        await a.report([{ peer: b.peer, rttUs: 30_000 }])
        await until(() => a.subscriptions === subscriptions, 'it is refused, and subscribed to again')
        assert.equal(rttUs(), 23_000)
      }
      setMs = 0
      await a.report([{ peer: b.peer, rttUs: 24_000 }])
      await until(() => rttUs() === 24_000, 'it is taken')
    })
  }

  it('regression: a link is not down for ever because of a forwarder whose clock is wrong by now', async () => {
    await b.report([{ peer: a.peer, rttUs: 30_000 }])
    await until(() => rttUs() === 30_000, 'it is in the map')
    await a.report([{ peer: b.peer, up: false }])
    await until(() => rttUs() === undefined, 'it is down')
    setMs = 600_000
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 30_000, 'the other end\'s word counts')
  })

  it('regression: keeps what a forwarder said when a subscription breaks in a sleep, for one more try', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
    setMs = 600_000
    a.hangUp()
    await until(() => a.subscriptions === 2, 'it is subscribed to again')
    assert.equal(rttUs(), 23_000)
    a.hangUp()
    await until(() => a.subscriptions === 3, 'it is subscribed to again')
    assert.equal(rttUs(), undefined)
  })

  it('regression: follows a forwarder to a new address', async () => {
    await a.stop()
    const moved = await new FakeForwarder(await keyOf(1)).start()
    collector.add(moved.descriptor)
    await until(() => moved.subscriptions === 1, 'it is subscribed to at its new address')
  })

  it('asks a forwarder no more when it is removed, and nobody when it is stopped', async () => {
    collector.remove(a.peer.toString())
    collector.stop()
    a.hangUp()
    b.hangUp()
    await new Promise((resolve) => setTimeout(resolve, 700))
    assert.deepEqual([a.subscriptions, b.subscriptions], [1, 1])
  })

  it('regression: a stop of its own takes nothing from the map', async () => {
    await a.report([{ peer: b.peer, rttUs: 23_000 }])
    await until(() => rttUs() === 23_000, 'it is in the map')
    collector.stop()
    await pause()
    assert.equal(rttUs(), 23_000)
  })

  it('regression: takes no report of a forwarder that is removed while its report is being checked', async () => {
    const key = a.peer.toString()
    onLook = () => {
      onLook = () => {}
      collector.remove(key)
      map.removeNode(key)
    }
    await a.report([{ peer: b.peer }])
    await until(() => map.indexOf(key) === undefined, 'it is removed')
    await pause()
    assert.equal(map.indexOf(key), undefined)
  })

  async function pause (): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }

  function rttUs (): number | undefined {
    return [...map.links()].find(({ from, to }) => from === a.peer.toString() && to === b.peer.toString())?.rttUs
  }
})
