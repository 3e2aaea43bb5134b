// What labels cost a forwarder: memory for each, and whether packets find theirs among 100,000 as fast as among ten. The relay's
// loop runs over links that send nowhere, on packets of 1 KB as chunks bring them; only the number of labels differs.
//
//   npx tsx scripts/bench/label-table.ts [--json] [seed]
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { LabelledAt, encodeLabelled, putLabel } from '../../protocols/forward/labelled.ts'
import { packetBytes, writePacket } from '../../protocols/forward/source-route.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { ForwardingTable } from '../../src/forwarder/forwarding-table.ts'
import { Relay } from '../../src/forwarder/relay.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkSet } from '../../src/link/link-set.ts'

/** 50,000 paths: what a forwarder is to hold without becoming slow. */
const MANY_LABELS = 100_000
const FEW_LABELS = 10
/** Each of the few labels has a link and a direction of its own. */
const LINKS = FEW_LABELS / 2
const PACKET_BYTES = 1_024
const CHUNK_PACKETS = 60
const BATCH_BYTES = 65_000
const ROUNDS = 40
const ROUND_MS = 80
const NO_LIMIT = 2 ** 32 - 1

export interface LabelTableFigures {
  labels: number
  /** Of the table's own columns. */
  bytesPerLabel: number
  /** By which heap and array buffers of the process grew. */
  processBytesPerLabel: number
  /** Median of rounds. */
  packetsPerSecond: { few: number, many: number }
  /** With 100,000 labels used at random over with 10; median of the ratios of neighbouring rounds. */
  forwardRate100kOver10: number
}

/** Takes packets and forgets them. */
class NullLink {
  readonly isUp = true
  readonly index: number
  readonly buffer = new Uint8Array(BATCH_BYTES)
  #end = 0

  constructor (index: number) {
    this.index = index
  }

  reserve (length: number): number {
    const at = this.#end + length > BATCH_BYTES ? 0 : this.#end
    this.#end = at + length
    return at
  }
}

/** Marsaglia's xorshift32. */
function randomFrom (seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/**
 * The check of a slot, made of the slot: so that stamping packets needs no memory, which would take cache from the table.
 * Multiply-xorshift, after Chris Wellons' lowbias32.
 */
function checkOf (slot: number): number {
  const mixed = Math.imul((slot + 1) ^ (slot >>> 16), 0x7feb352d)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

/** Paths from each link to the one after it, all bound, all with a rate and a cap that never refuse. */
function fill (labels: number): ForwardingTable {
  const caps = new BucketSlab({ maxBuckets: LINKS })
  const shared = Array.from({ length: LINKS }, () => caps.add(Infinity, Infinity, 0))
  let slots = 0
  const table = new ForwardingTable({ maxPaths: MANY_LABELS, caps, random32: () => checkOf(slots++) })
  for (let path = 0; path < labels / 2; path++) {
    const previous = path % LINKS
    const next = (path + 1) % LINKS
    const given = table.reserve({
      previous, next, account: 1, source: 1, bytesPerSecond: NO_LIMIT, caps: [shared[next], shared[previous]], anchor: new Uint8Array(16), endsAtMs: Infinity, leaseMs: Infinity
    }, performance.now())
    if (given !== undefined) {
      table.bindNext(given.forward, given.back)
      table.bindPrevious(given.forward, previous, given.forward)
    }
  }
  return table
}

/** One relay, and chunks of packets under labels of its table. */
class Lane {
  readonly rates: number[] = []
  readonly #relay: Relay
  readonly #links: NullLink[]
  readonly #chunk: Uint8Array
  readonly #pathsPerLink: number
  readonly #random32: () => number

  constructor (table: ForwardingTable, links: NullLink[], chunk: Uint8Array, random32: () => number) {
    const byIndex = (index: number): NullLink => links[index]
    const endpoint = new Endpoint({ self: new Uint8Array(16), links: { byIndex } as unknown as LinkSet, nowS: () => 0 })
    this.#relay = new Relay({ endpoint, table, capacityBytesPerSecond: 1e15, now: () => performance.now(), nowS: () => 0 })
    this.#links = links
    this.#chunk = chunk
    this.#pathsPerLink = table.size / LINKS
    this.#random32 = random32
  }

  /** Packets per second of the relay alone, over so much time. */
  run (durationMs: number): number {
    const before = this.#relay.counters.forwardedPackets
    let spentMs = 0
    while (spentMs < durationMs) {
      const link = this.#random32() % LINKS
      this.#stamp(link)
      const from = this.#links[link] as unknown as Link
      const startMs = performance.now()
      for (let at = 0; at < this.#chunk.length; at += PACKET_BYTES) {
        this.#relay.receive(this.#chunk, at, PACKET_BYTES, from)
      }
      spentMs += performance.now() - startMs
    }
    const { forwardedPackets, dropped } = this.#relay.counters
    if (Object.values(dropped).some((count) => count > 0)) {
      throw new Error(`packets were dropped: ${JSON.stringify(dropped)}`)
    }
    return (forwardedPackets - before) / spentMs * 1_000
  }

  /** Any labels that are valid from this link: forward ones of the paths that begin with it, back ones of those that end with it. */
  #stamp (link: number): void {
    for (let at = 0; at < this.#chunk.length; at += PACKET_BYTES) {
      const drawn = this.#random32()
      const back = drawn & 1
      const path = (link + LINKS - back) % LINKS + LINKS * ((drawn >>> 1) % this.#pathsPerLink)
      const slot = 2 * path + back
      putLabel(this.#chunk, at + LabelledAt.slot, slot, checkOf(slot))
    }
  }
}

function chunkOfPackets (): Uint8Array {
  const header = encodeLabelled({ slot: 0, check: 0 })
  const payload = new Uint8Array(PACKET_BYTES - packetBytes(header, new Uint8Array()))
  const chunk = new Uint8Array(CHUNK_PACKETS * PACKET_BYTES)
  for (let at = 0; at < chunk.length; at += PACKET_BYTES) {
    writePacket(chunk, at, header, payload, 0)
  }
  return chunk
}

function median (values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/** Live bytes of the process: garbage is collected first. */
function liveBytes (): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect() // ends what the first leaves to another thread
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Takes about seven seconds of one core. */
export function measureLabelTable (seed = 1, rounds = ROUNDS): LabelTableFigures {
  const few = fill(FEW_LABELS)
  const beforeBytes = liveBytes()
  const many = fill(MANY_LABELS)
  const processBytesPerLabel = (liveBytes() - beforeBytes) / MANY_LABELS
  const links = Array.from({ length: LINKS }, (_, index) => new NullLink(index))
  const chunk = chunkOfPackets()
  const random32 = randomFrom(seed)
  const lanes = { few: new Lane(few, links, chunk, random32), many: new Lane(many, links, chunk, random32) }
  lanes.few.run(5 * ROUND_MS)
  lanes.many.run(5 * ROUND_MS)
  for (let round = 0; round < rounds; round++) {
    for (const lane of round % 2 === 0 ? [lanes.few, lanes.many] : [lanes.many, lanes.few]) {
      lane.rates.push(lane.run(ROUND_MS))
    }
  }
  return {
    labels: many.labels,
    bytesPerLabel: Math.round(many.heldBytes / many.labels),
    processBytesPerLabel: Math.round(processBytesPerLabel),
    packetsPerSecond: { few: Math.round(median(lanes.few.rates)), many: Math.round(median(lanes.many.rates)) },
    forwardRate100kOver10: Number(median(lanes.many.rates.map((rate, round) => rate / lanes.few.rates[round])).toFixed(3))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const seed = Number(process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? 1)
  const figures = measureLabelTable(seed)
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ command: `scripts/bench/label-table.ts ${seed}`, node: process.version, ...figures }, null, 2))
  } else {
    const { bytesPerLabel, processBytesPerLabel, packetsPerSecond: { few, many }, forwardRate100kOver10 } = figures
    console.log(`${figures.labels.toLocaleString('en')} labels: ${bytesPerLabel} bytes each in the table, ${processBytesPerLabel} of the process`)
    console.log(`forwarded packets per second: ${many.toLocaleString('en')}, with ${FEW_LABELS} labels ${few.toLocaleString('en')}: ratio ${forwardRate100kOver10}`)
  }
}
