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
  readonly up = new Set<string>()

  get (peer: PeerId): object | undefined {
    return this.up.has(peer.toString()) ? {} : undefined
  }

  setUp (peer: PeerId): void {
    this.up.add(peer.toString())
    this.safeDispatchEvent('link:up', { detail: new FakeLink(nodeIdOf(peer), peer) })
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

  it('says that a link is down when it is', () => {
    links.setUp(A)
    watch(A)
    advance(5_000)
    links.up.clear()
    assert.deepEqual(measured().map(({ up, rttUs, jitterUs, ageMs }) => [up, rttUs, jitterUs, ageMs]), [[false, 0, 0, 0]])
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
