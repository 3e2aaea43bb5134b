// What the state of many paths costs a process that does nothing else: table, notes, quotas, accounts, ledger, filled as installs fill
// them. Runs with --expose-gc, in a process of its own.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { answerParent } from '../child-process.ts'
import { decodePeerId, encodePeerId } from '../../../protocols/peer-ids.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { MAX_LEASE_MS } from '../../../protocols/setup/constants.ts'
import { BucketSlab } from '../../../src/defence/bucket-slab.ts'
import { Accounts } from '../../../src/forwarder/accounts.ts'
import { ForwardingTable } from '../../../src/forwarder/forwarding-table.ts'
import { PathBudget } from '../../../src/forwarder/path-budget.ts'
import { Policy } from '../../../src/forwarder/policy.ts'
import { Quotas } from '../../../src/forwarder/quotas.ts'
import { UsageLedger } from '../../../src/forwarder/usage-ledger.ts'
import type { OpenedInstall } from '../../../protocols/setup/install.ts'
import type { Label } from '../../../protocols/forward/labelled.ts'
import type { Link } from '../../../src/link/link.ts'
import type { LinkSet } from '../../../src/link/link-set.ts'
import type { PeerId } from '@libp2p/interface'

export interface MemoryFigures {
  labels: number
  /** By which the process grew, per label: resident set, and heap with what stands outside of it. */
  residentBytesPerLabel: number
  heapBytesPerLabel: number
  /** Of the typed arrays of table and notes, as `status` says it. */
  heldBytesPerLabel: number
}

const SOURCES = 500
const RSPS = 20
const NEIGHBOURS = 32
const CAPACITY_BYTES_PER_SECOND = 12_500_000
const LIFE_MS = 300_000
const PATHS_PER_COLLECTION = 500
const SWEEP_MS = 100

/** The parts of a forwarder that hold paths. */
class Paths {
  readonly table: ForwardingTable
  readonly budget: PathBudget
  readonly #links: Link[]

  constructor (neighbours: readonly PeerId[], maxPaths: number) {
    const caps = new BucketSlab({ maxBuckets: 65_536 })
    const policy = new Policy({ quotas: { maxEntries: maxPaths, maxPerRsp: maxPaths, maxPerSource: maxPaths, maxPerPrefix: maxPaths, maxPerForwarder: maxPaths, maxPerPath: maxPaths } })
    const quotas = new Quotas(policy.quotas)
    this.#links = neighbours.map((peer, index) => ({ peer, index, node: nodeIdOf(peer) }) as unknown as Link)
    const byPeer = new Map(this.#links.map((link) => [link.peer.toString(), link]))
    this.table = new ForwardingTable({ maxPaths, caps, random32: () => crypto.getRandomValues(new Uint32Array(1))[0], onRemoved: (path) => { this.budget.release(path) } })
    this.budget = new PathBudget({
      policy,
      quotas,
      accounts: new Accounts({ capacityBytesPerSecond: CAPACITY_BYTES_PER_SECOND, rspLinkShare: policy.rspLinkShare, hasEntries: (account) => quotas.entriesOf(account) > 0, caps }),
      table: this.table,
      links: { get: (peer: PeerId) => byPeer.get(peer.toString()), byIndex: (index: number) => this.#links[index] } as unknown as LinkSet,
      ledger: new UsageLedger(),
      neighbour: (peer) => ({ peer }),
      nowUnixMs: Date.now
    })
  }

  /** One path in the middle of its forwarders, as an install brings it: the peer ids in it are its own. */
  add (path: number, rsp: PeerId, source: Uint8Array): void {
    const [previous, next] = [this.#links[path % this.#links.length], this.#links[(path + 1) % this.#links.length]]
    const opened = {
      path: { rsp, pathNumber: path, maxBytesPerSecond: 0n, expiresAtMs: Date.now() + LIFE_MS },
      order: { source: decodePeerId(source, 'source'), anchor: crypto.getRandomValues(new Uint8Array(16)) },
      index: 1,
      isExit: false,
      previous: previous.peer,
      next: next.peer
    } as unknown as OpenedInstall
    const caller = { peer: previous.peer.toString(), prefix: `192.0.2.${path % 256}`, isForwarder: true }
    const { forward } = this.budget.reserve({ opened, previous, next, caller, leaseMs: MAX_LEASE_MS, nowMs: performance.now() })
    const given: Label = { slot: path, check: path }
    if (!this.table.bindPrevious(forward, previous.index, given) || !this.table.bindNext(forward, given)) {
      throw new Error('a path was not bound')
    }
  }
}

/** Other paths, which stay: what code and heap need for the first ones is not what each costs. */
const others: Paths[] = []

async function measure (argument: unknown): Promise<MemoryFigures> {
  const count = argument as number
  const [rsps, neighbours] = [await peers(RSPS), await peers(NEIGHBOURS)]
  const sources = (await peers(SOURCES)).map(encodePeerId)
  const filled = (size: number): Paths => {
    const paths = new Paths(neighbours, size)
    for (let path = 0; path < size; path++) {
      paths.add(path, rsps[path % RSPS], sources[path % SOURCES])
      if (path % PATHS_PER_COLLECTION === 0) {
        // or the resident set would be that of the garbage that installs make
        globalThis.gc?.({ type: 'minor' })
      }
    }
    return paths
  }
  others.push(filled(Math.ceil(count / 5)))
  const before = await held()
  const paths = filled(count)
  const after = await held()
  const { labels, heldBytes } = paths.table
  return {
    labels,
    residentBytesPerLabel: Math.round((after.resident - before.resident) / labels),
    heapBytesPerLabel: Math.round((after.heap - before.heap) / labels),
    heldBytesPerLabel: Math.round((heldBytes + paths.budget.heldBytes) / labels)
  }
}

async function peers (count: number): Promise<PeerId[]> {
  return Promise.all(Array.from({ length: count }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
}

/** After collections, and after what they found has been given back, which other threads do. */
async function held (): Promise<{ resident: number, heap: number }> {
  for (let collection = 0; collection < 3; collection++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, SWEEP_MS))
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { resident: rss, heap: heapUsed + external }
}

answerParent({ measure })
