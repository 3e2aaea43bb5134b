import assert from 'node:assert/strict'
import { Flag, NoticeCode } from '../../protocols/forward/constants.ts'
import { encodeNotice } from '../../protocols/forward/notice.ts'
import { encodeProbe } from '../../protocols/forward/probe.ts'
import { At } from '../../protocols/forward/source-route.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { Prober } from '../../src/measurement/prober.ts'
import { fakeLinks } from '../link/fake-links.ts'
import { NOW_S, nodesOf, packetOf, routeOf, sentOn } from '../protocols/forward/samples.ts'
import type { FakeLinks } from '../link/fake-links.ts'
import type { ProbeResult } from '../../src/measurement/prober.ts'

const [SELF, A, B] = nodesOf(3)
const TIMEOUT_MS = 3_000

describe('prober', () => {
  let neighbours: FakeLinks
  let endpoint: Endpoint
  let prober: Prober
  let nowMs: number
  let results: ProbeResult[]

  beforeEach(() => {
    neighbours = fakeLinks([A])
    nowMs = 1_000
    results = []
    endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S + 0.75 })
    prober = new Prober({ endpoint, now: () => nowMs, nowS: () => NOW_S + 0.75, timeoutMs: TIMEOUT_MS, maxOutstanding: 3 })
  })

  afterEach(() => { prober.stop() })

  const probe = (): boolean => prober.probe([A, B], (result) => { results.push(result) })
  const receive = (packet: Uint8Array): void => { endpoint.receive(packet, 0, packet.length, neighbours.to(A)) }

  /** The probe that was sent, as it comes home. */
  function home (sent: Uint8Array): Uint8Array {
    const packet = sent.slice()
    packet[At.flags] = Flag.backwards
    packet[At.hopIndex] = 0
    return packet
  }

  it('sends a turn-around packet and gives the time until it is back', () => {
    assert.ok(probe())
    const [sent] = neighbours.to(A).take()
    assert.equal(sent[At.flags], Flag.turnAround)
    nowMs += 12.5
    receive(home(sent))
    assert.deepEqual(results, [{ rttMs: 12.5 }])
  })

  it('sends a probe as large as it is told, which queues may drop first, and says when it came back marked', () => {
    prober.probe([A, B], (result) => { results.push(result) }, { payloadBytes: 1_200, droppable: true })
    const [sent] = neighbours.to(A).take()
    assert.equal(sent[At.flags], Flag.turnAround | Flag.droppable)
    assert.equal(sent.length, 20 + 3 * 24 + 1_200)
    const marked = home(sent)
    marked[At.flags] |= Flag.congestion
    nowMs += 7
    receive(marked)
    assert.deepEqual(results, [{ rttMs: 7, isMarked: true }])
  })

  it('takes an answer once', () => {
    probe()
    const [sent] = neighbours.to(A).take()
    receive(home(sent))
    receive(home(sent))
    assert.equal(results.length, 1)
  })

  it('tells its probes apart, in whatever order they come back', () => {
    probe()
    nowMs += 10
    probe()
    const [first, second] = neighbours.to(A).take()
    nowMs += 10
    receive(home(second))
    receive(home(first))
    assert.deepEqual(results, [{ rttMs: 10 }, { rttMs: 20 }])
  })

  it('gives what a forwarder says of a probe', () => {
    probe()
    const [sent] = neighbours.to(A).take()
    const notice = encodeNotice(sent, 0, sent.length, NoticeCode.noSuchNeighbour)
    receive(notice as Uint8Array)
    assert.deepEqual(results, [{ notice: NoticeCode.noSuchNeighbour, noticeMs: 0 }])
  })

  it('is not taken in by answers to what it did not ask', () => {
    probe()
    receive(sentOn(packetOf(routeOf([B, A, SELF]), encodeProbe(7n)), 2))
    receive(sentOn(packetOf(routeOf([B, A, SELF]), Uint8Array.of(16)), 2))
    const other = packetOf(routeOf([SELF, A, B]), encodeProbe(9n))
    receive(encodeNotice(other, 0, other.length, NoticeCode.expired) as Uint8Array)
    assert.deepEqual(results, [])
  })

  it('declares a probe lost that takes too long, and takes it no more', () => {
    probe()
    const [sent] = neighbours.to(A).take()
    nowMs += TIMEOUT_MS - 1
    prober.sweep()
    assert.deepEqual(results, [])
    nowMs += 1
    prober.sweep()
    receive(home(sent))
    assert.deepEqual(results, [{}])
  })

  it('says that it could not send: no link, or as many under way as it may have', () => {
    neighbours.to(A).isUp = false
    assert.equal(probe(), false)
    neighbours.to(A).isUp = true
    assert.deepEqual([probe(), probe(), probe(), probe()], [true, true, true, false])
    nowMs += TIMEOUT_MS
    prober.sweep()
    assert.ok(probe())
    assert.deepEqual(results, [{}, {}, {}])
  })

  it('may be asked for the next probe by the end of one', () => {
    prober.probe([A], () => { probe() })
    nowMs += TIMEOUT_MS
    prober.sweep()
    assert.equal(neighbours.to(A).sent.length, 2)
    assert.deepEqual(results, [])
  })

  it('regression: leaves nobody waiting when it stops', () => {
    probe()
    prober.stop()
    assert.deepEqual(results, [{}])
  })

  it('regression: works the same after a stop and a start', () => {
    prober.start()
    prober.stop()
    prober.start()
    probe()
    const [sent] = neighbours.to(A).take()
    receive(home(sent))
    assert.equal(results.length, 1)
  })
})
