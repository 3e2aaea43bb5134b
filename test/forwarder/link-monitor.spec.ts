import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { TypedEventEmitter } from 'main-event'
import { LinkMonitor } from '../../src/forwarder/link-monitor.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { FakeLink } from '../link/fake-links.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { hex } from '../protocols/forward/samples.ts'
import type { LinkSet, LinkSetEvents } from '../../src/link/link-set.ts'
import type { LinkMeasurement } from '../../protocols/report/codec.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { ProbeResult, Prober } from '../../src/measurement/prober.ts'
import type { PeerId } from '@libp2p/interface'

const [A, B] = await Promise.all([peerOf(1), peerOf(2)])
const INTERVAL_MS = 2_000

class FakeLinkSet extends TypedEventEmitter<LinkSetEvents> {
  readonly up = new Map<string, FakeLink>()
  readonly suspected: string[] = []

  endIfSilent (peer: PeerId): void {
    this.suspected.push(peer.toString())
  }

  get (peer: PeerId): FakeLink | undefined {
    return this.up.get(peer.toString())
  }

  setUp (peer: PeerId): FakeLink {
    const link = new FakeLink(nodeIdOf(peer), peer)
    this.up.set(peer.toString(), link)
    this.safeDispatchEvent('link:up', { detail: link })
    return link
  }
}

describe('link monitor', () => {
  let links: FakeLinkSet
  let monitor: LinkMonitor
  let nowMs: number
  let probes: Array<{ atMs: number, node: string }>
  /** What becomes of the next probes. */
  let result: ProbeResult

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    links = new FakeLinkSet()
    nowMs = 0
    probes = []
    result = { rttMs: 20 }
    const probe = ([node]: NodeId[], onResult: (result: ProbeResult) => void): boolean => {
      const isUp = [A, B].some((peer) => hex(nodeIdOf(peer)) === hex(node) && links.get(peer) !== undefined)
      if (isUp) {
        probes.push({ atMs: nowMs, node: hex(node) })
        onResult(result)
      }
      return isUp
    }
    monitor = new LinkMonitor({
      links: links as unknown as LinkSet, prober: { probe } as unknown as Prober, now: () => nowMs, intervalMs: INTERVAL_MS, random: () => 0.5
    })
  })

  afterEach(() => {
    monitor.stop()
    mock.timers.reset()
  })

  function advance (byMs: number): void {
    for (const untilMs = nowMs + byMs; nowMs < untilMs;) {
      nowMs += 50
      mock.timers.tick(50)
    }
  }

  const watch = (...peers: PeerId[]): void => { monitor.set(new Map(peers.map((peer) => [peer.toString(), peer]))) }
  const measured = (): LinkMeasurement[] => [...monitor.measurements()]

  it('probes a link quickly when it comes up, then at its pace', () => {
    watch(A)
    advance(5_000)
    assert.deepEqual(probes, [], 'no link, no probe')
    links.setUp(A)
    advance(10_000)
    assert.deepEqual(probes.map(({ atMs }) => atMs - 5_000), [0, 250, 500, 750, 1_000, 3_000, 5_000, 7_000, 9_000])
  })

  it('probes quickly again after the link was away', () => {
    links.setUp(A)
    watch(A)
    advance(10_000)
    const before = probes.length
    links.setUp(A)
    advance(900)
    assert.equal(probes.length - before, 4)
  })

  it('probes each link by itself, and no more when it is not wanted', () => {
    links.setUp(A)
    links.setUp(B)
    watch(A, B)
    advance(10_000)
    assert.equal(probes.filter(({ node }) => node === hex(nodeIdOf(B))).length, 9)
    watch(A)
    advance(10_000)
    assert.equal(probes.filter(({ node }) => node === hex(nodeIdOf(B))).length, 9)
    assert.deepEqual([monitor.size, measured().length], [1, 1])
  })

  it('keeps what it knows of a link that stays wanted', () => {
    links.setUp(A)
    watch(A)
    advance(5_000)
    const { samples } = measured()[0]
    watch(A, B)
    assert.equal(measured()[0].samples, samples)
  })

  it('says what the probes say', () => {
    links.setUp(A)
    watch(A)
    advance(3_000)
    nowMs += 700
    const [link] = measured()
    assert.deepEqual([link.peer.toString(), link.up, link.rttUs, link.lossPpm, link.samples, link.ageMs], [A.toString(), true, 20_000, 0, 6, 700])
  })

  it('leaves out a link that is up and not measured yet, and names one that is down', () => {
    result = {}
    links.setUp(A)
    watch(A, B)
    assert.deepEqual(measured().map(({ peer, up }) => [peer.toString(), up]), [[B.toString(), false]])
  })

  it('counts a probe that did not come back, or brought a notice, as lost', () => {
    links.setUp(A)
    watch(A)
    advance(5_000)
    result = { notice: 3 }
    advance(2_000)
    const [link] = measured()
    assert.ok(link.lossPpm > 0 && link.up)
  })

  it('regression: says that a link is down on which nothing comes back, though it stands', () => {
    links.setUp(A)
    watch(A)
    advance(5_000)
    result = {}
    advance(4 * INTERVAL_MS)
    assert.deepEqual(measured().map(({ up, rttUs }) => [up, rttUs]), [[false, 0]])
    result = { rttMs: 30 }
    advance(INTERVAL_MS)
    assert.equal(measured()[0].up, true)
  })

  it('regression: has the connection of a link looked at on which four probes in a row were lost', () => {
    links.setUp(A)
    links.setUp(B)
    watch(A, B)
    advance(5_000)
    result = {}
    advance(3 * INTERVAL_MS)
    assert.deepEqual(links.suspected, [])
    advance(INTERVAL_MS)
    assert.deepEqual(links.suspected, [A, B].map(String))
  })

  it('says that a link is down when it is', () => {
    links.setUp(A)
    watch(A)
    advance(5_000)
    links.up.clear()
    assert.deepEqual(measured().map(({ up, rttUs, jitterUs, ageMs }) => [up, rttUs, jitterUs, ageMs]), [[false, 0, 0, 0]])
  })

  describe('traffic', () => {
    /** Looks at the counters as often as a report publisher does, while so much passes per second. */
    function pass (link: FakeLink, forMs: number, { sent = 0, received = 0, packets = 0, dropped = 0 }): LinkMeasurement {
      for (let ms = 0; ms < forMs; ms += 500) {
        link.counters.sentBytes += sent / 2
        link.counters.receivedBytes += received / 2
        link.counters.sentPackets += packets / 2
        link.counters.droppedPackets += dropped / 2
        advance(500)
        measured()
      }
      return measured()[0]
    }

    it('is told of both directions, with the rate that the link delivered', () => {
      const link = links.setUp(A)
      watch(A)
      measured()
      link.rate = { bytesPerSecond: 4_000_000, isFloor: true, arrived: 700_000 }
      const { bytesPerSecond, rateIsFloor, loadBytesPerSecond, receivedBytesPerSecond, mostReceivedBytesPerSecond } = pass(link, 60_000, { sent: 300_000, received: 20_000 })
      assert.deepEqual([bytesPerSecond, rateIsFloor, loadBytesPerSecond, receivedBytesPerSecond, mostReceivedBytesPerSecond], [4_000_000, true, 299_998, 20_000, 700_000])
    })

    it('of a rate that is not known makes no floor, and no more of any than a report can say', () => {
      const link = links.setUp(A)
      watch(A)
      measured()
      link.rate = { bytesPerSecond: 0, isFloor: true, arrived: 0 }
      assert.equal(pass(link, 1_000, {}).rateIsFloor, false)
      link.rate = { bytesPerSecond: 1e12, isFloor: false, arrived: 0 }
      const { bytesPerSecond, loadBytesPerSecond } = pass(link, 60_000, { sent: 1e12 })
      assert.deepEqual([bytesPerSecond, loadBytesPerSecond], [2 ** 31 - 1, 2 ** 31 - 1])
    })

    it('shows as loss what the queue before the link drops, or the probes where they lose more', () => {
      const link = links.setUp(A)
      watch(A)
      measured()
      assert.equal(pass(link, 10_000, { packets: 97, dropped: 3 }).lossPpm, 30_000)
      result = {}
      advance(INTERVAL_MS)
      assert.ok(pass(link, 500, { packets: 97, dropped: 3 }).lossPpm > 60_000)
    })

    it('regression: begins anew with a link that has come back, whose counters do', () => {
      const before = links.setUp(A)
      watch(A)
      measured()
      pass(before, 10_000, { sent: 1_000_000, packets: 1_000, dropped: 10 })
      links.up.clear()
      assert.equal(measured()[0].loadBytesPerSecond, undefined)
      const link = links.setUp(A)
      const { loadBytesPerSecond, lossPpm } = pass(link, 1_000, { sent: 50_000 })
      assert.ok((loadBytesPerSecond ?? -1) >= 0 && (loadBytesPerSecond ?? 0) < 50_000 && lossPpm === 0)
    })
  })

  it('probes nothing after it was stopped', () => {
    links.setUp(A)
    watch(A)
    monitor.stop()
    const before = probes.length
    links.setUp(A)
    advance(10_000)
    assert.equal(probes.length, before)
  })
})
