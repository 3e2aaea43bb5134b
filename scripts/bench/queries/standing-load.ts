// Standing queries under a map that moves, in virtual time: what they take of a core. Each is asked for as it comes over the wire, is
// asked for again at the end of its life, and after word of something with the path that is best then.
import { DisjointFinder } from '../../../src/path-finding/disjoint.ts'
import { PathQuestion } from '../../../src/rsp/standing/path-question.ts'
import { Watches } from '../../../src/rsp/standing/watches.ts'
import { RELAY_COST_US } from '../../../src/rsp/route-service.ts'
import { encodeQuery } from '../../../protocols/route/codec.ts'
import { decodeWatch, encodeWatch } from '../../../protocols/route/watch.ts'
import { MovingOverlay } from './moving-overlay.ts'
import type { PathQuery } from '../../../src/path-finding/path-finder.ts'
import type { RouteQuery } from '../../../protocols/route/codec.ts'
import type { WatchAnswer } from '../../../protocols/route/watch.ts'
import type { PeerId } from '@libp2p/interface'

const ACCESS_POINTS = 8
const MARGIN = 0.1
const LIFETIME_MS = 110_000
const LOOK_MS = 250
/** Of each host. */
const WATCHES = 10
/** A host that is told asks for paths first, and sets one up. */
const REACTION_MS = 1_500
const WEIGHTS = [{ delay: 1, loss: 20 }, { delay: 1, loss: 0 }, { delay: 1, loss: 100 }, { delay: 2, loss: 5 }]

export interface StandingFigures {
  queries: number
  linkChangesPerSecond: number
  /** Of a core: looks and what they tell, and queries that are asked for again; the reports themselves are not in it. */
  coreShare: number
  /** Of one look: what an answer may have to wait. */
  longestLookMs: number
  searchesPerSecond: number
  toldPerSecond: { better: number, degraded: number, failed: number }
}

export interface StandingLoad {
  queries: number
  changesPerSecond: number
  warmUpSeconds: number
  seconds: number
  random: () => number
}

interface Asked {
  host: PeerId
  number: number
  query: RouteQuery
  atMs: number
}

export async function standingLoad ({ queries, changesPerSecond, warmUpSeconds, seconds, random }: StandingLoad): Promise<StandingFigures> {
  const overlay = await MovingOverlay.create(random)
  const { map } = overlay
  const finder = new DisjointFinder()
  const nodesOf = (points: RouteQuery['source']): PathQuery['source'] => points.map(({ forwarder, rttUs }) => ({ node: map.indexOf(forwarder.toString()) as number, rttUs }))
  const pathQueryOf = (asked: RouteQuery): PathQuery => ({
    source: nodesOf(asked.source), destination: nodesOf(asked.destination), weights: asked.weights, paths: 1, avoid: new Set(), maxForwarders: 8, relayCostUs: RELAY_COST_US
  })
  const watches = new Watches({
    snapshot: () => map.snapshot(overlay.nowMs),
    questionOf: (asked) => new PathQuestion(pathQueryOf(asked), finder),
    nodeOf: (forwarder) => map.indexOf(forwarder.toString()),
    relayCostUs: RELAY_COST_US,
    clock: () => overlay.nowMs
  })
  const due: Asked[] = Array.from({ length: queries }, (_, number) => ({
    host: overlay.forwarders[Math.floor(number / WATCHES) % overlay.forwarders.length],
    number: number % WATCHES + WATCHES * Math.floor(number / WATCHES / overlay.forwarders.length),
    query: {
      nonce: new Uint8Array(16),
      source: overlay.nearest(ACCESS_POINTS),
      destination: overlay.nearest(ACCESS_POINTS),
      sourceCommitment: new Uint8Array(32),
      destinationCommitment: new Uint8Array(32),
      weights: WEIGHTS[number % WEIGHTS.length],
      paths: 3,
      avoid: []
    },
    // not all at once, later neither
    atMs: overlay.nowMs + LIFETIME_MS * random()
  }))
  const told = { better: 0, degraded: 0, failed: 0, ended: 0 }
  const cpu = { us: 0, longestUs: 0 }
  const spend = (work: () => void): void => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    cpu.us += user + system
    cpu.longestUs = Math.max(cpu.longestUs, user + system)
  }
  const askFor = (due: readonly Asked[]): void => {
    const bodies = due.map(({ number, query }) => {
      const [best] = finder.find(map.snapshot(overlay.nowMs), pathQueryOf(query))
      const present = best?.nodes.map((node) => overlay.forwarders[node]) ?? []
      return encodeWatch({ watch: number, query: encodeQuery(query), present, margin: MARGIN, lifetimeMs: LIFETIME_MS })
    })
    const answers: Array<Promise<WatchAnswer>> = []
    spend(() => {
      due.forEach(({ host }, i) => { answers.push(watches.watch(decodeWatch(bodies[i]), { peer: host })) })
    })
    answers.forEach((answer, i) => { void answer.then((event) => { heard(due[i], event) }) })
  }
  const heard = (asked: Asked, event: WatchAnswer): void => {
    told[event.event]++
    due.push({ ...asked, atMs: overlay.nowMs + (event.event === 'ended' ? 0 : REACTION_MS) })
  }
  const pass = async (untilMs: number): Promise<void> => {
    while (overlay.nowMs < untilMs) {
      overlay.nowMs += LOOK_MS
      overlay.change(Math.round(changesPerSecond * LOOK_MS / 1_000))
      spend(() => { watches.look() })
      await Promise.resolve()
      const now = due.splice(0).filter((asked) => {
        const isDue = asked.atMs <= overlay.nowMs
        if (!isDue) {
          due.push(asked)
        }
        return isDue
      })
      askFor(now)
      await Promise.resolve()
    }
  }
  // all of them are there after one life
  await pass(overlay.nowMs + LIFETIME_MS + 1_000 * warmUpSeconds)
  const before = { ...told, searches: watches.status.searches }
  cpu.us = cpu.longestUs = 0
  await pass(overlay.nowMs + 1_000 * seconds)
  const perSecond = (count: number): number => Math.round(10 * count / seconds) / 10
  const figures = {
    queries: watches.status.watches,
    linkChangesPerSecond: changesPerSecond,
    coreShare: Math.round(1e4 * cpu.us / 1e6 / seconds) / 1e4,
    longestLookMs: Math.round(cpu.longestUs / 100) / 10,
    searchesPerSecond: perSecond(watches.status.searches - before.searches),
    toldPerSecond: { better: perSecond(told.better - before.better), degraded: perSecond(told.degraded - before.degraded), failed: perSecond(told.failed - before.failed) }
  }
  watches.stop()
  return figures
}
