// What reports cost an RSP's map: taking in what forwarders say of their links, with and without traffic in it, and laying out a
// snapshot for path finding after every link has moved. No network and no signatures: `bench:rsp` has those.
//
//   npm run --silent bench:map -- [--json] [seed]
import { pathToFileURL } from 'node:url'
import { MapChanges } from '../../src/rsp/map-changes.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { median, rounded } from './statistics.ts'
import type { LinkView } from '../../src/rsp/performance-map.ts'

/** An overlay of 500 forwarders whose backbone is a twentieth of all links. */
const FORWARDERS = 500
const LINKS_PER_FORWARDER = 24
const REPORTS = FORWARDERS * LINKS_PER_FORWARDER
const WARM_UP_ROUNDS = 20
const ROUNDS = 30
const ROUND_MS = 1_000
const START_MS = 1_800_000_000_000

export interface MapFigures {
  forwarders: number
  /** Directed. */
  links: number
  /** CPU of one link's report by one end, which changes the link in both directions; medians of rounds in which every link moves. */
  absorbUs: { withoutTraffic: number, withTraffic: number }
  snapshotMs: { withoutTraffic: number, withTraffic: number }
}

type Report = (from: number, to: number, random: number, nowMs: number) => LinkView

const withoutTraffic: Report = (from, to, random, nowMs) => ({
  rttUs: 5_000 + (from * 7_919 + to * 104_729) % 150_000 + Math.floor(500 * random), jitterUs: 300 + Math.floor(50 * random), lossPpm: 0, measuredAtMs: nowMs, samples: 16
})

const withTraffic: Report = (from, to, random, nowMs) => ({
  ...withoutTraffic(from, to, random, nowMs),
  bytesPerSecond: 5_000_000 + Math.floor(1_000 * random),
  rateIsFloor: false,
  loadBytesPerSecond: Math.floor(1e6 * random),
  receivedBytesPerSecond: Math.floor(1e6 * random),
  mostReceivedBytesPerSecond: 5_000_000
})

/** Park and Miller's generator. */
function randomFrom (seed: number): () => number {
  let state = seed % 2_147_483_646 + 1
  return () => (state = state * 16_807 % 2_147_483_647) / 2_147_483_647
}

function measure (report: Report, seed: number): { absorbUs: number, snapshotMs: number, links: number } {
  const keys = Array.from({ length: FORWARDERS }, (_, i) => `12D3KooW${String(i).padStart(44, 'x')}`)
  const others = keys.map((_, i) => Array.from({ length: LINKS_PER_FORWARDER }, (_, j) => (i + 1 + 7 * j) % FORWARDERS))
  const random = randomFrom(seed)
  const map = new PerformanceMap()
  const changes = new MapChanges()
  map.listChanges(changes)
  for (const key of keys) {
    map.addNode(key)
    map.describe(key, {
      operator: '', tags: {}, forwarder: { capacityBytesPerSecond: 12_500_000, maxAttachments: 1, maxNeighbours: 1 }, bytes: new Uint8Array(1), expiresAtMs: 2 * START_MS
    })
    map.setPrice(key, 50_000)
  }
  const absorbUs: number[] = []
  const snapshotMs: number[] = []
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const nowMs = START_MS + round * ROUND_MS
    const before = process.cpuUsage()
    others.forEach((tos, from) => {
      for (const to of tos) {
        map.set(keys[from], keys[to], report(from, to, random(), nowMs))
      }
    })
    const { user, system } = process.cpuUsage(before)
    while (changes.takeView() !== undefined) { /* as the recorder does, and it is not what is measured */ }
    const startMs = performance.now()
    map.snapshot(nowMs)
    if (round >= 0) {
      absorbUs.push((user + system) / REPORTS)
      snapshotMs.push(performance.now() - startMs)
    }
  }
  return { absorbUs: rounded(median(absorbUs)), snapshotMs: rounded(median(snapshotMs)), links: map.snapshot(START_MS).linkCount }
}

export function measureMap (seed = 1): MapFigures {
  const [without, traffic] = [measure(withoutTraffic, seed), measure(withTraffic, seed)]
  return {
    forwarders: FORWARDERS,
    links: traffic.links,
    absorbUs: { withoutTraffic: without.absorbUs, withTraffic: traffic.absorbUs },
    snapshotMs: { withoutTraffic: without.snapshotMs, withTraffic: traffic.snapshotMs }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const seed = Number(process.argv.slice(2).find((argument) => argument !== '--json') ?? 1)
  const figures = { command: `npm run --silent bench:map -- ${seed}`, node: process.version, ...measureMap(seed) }
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(figures, null, 2))
  } else {
    console.log(`${figures.links} links of ${figures.forwarders} forwarders; one report without and with traffic: ${figures.absorbUs.withoutTraffic} and ${figures.absorbUs.withTraffic} µs; a snapshot: ${figures.snapshotMs.withoutTraffic} and ${figures.snapshotMs.withTraffic} ms`)
  }
}
