/**
 * What strangers may leave in a node's datastore. libp2p's own has no bound, and each look-up in it walks over everything that it holds.
 *
 *     /dht/provider/<key>/<peer>   any peer may add a record for any key: capped in all and per peer, and its key in length
 *     /dht/record/…                refused: the overlay puts no values, and a stale one that is valid rolls a newer one back
 *     /peers/<peer>                what peers say of themselves: capped in number, in bytes in all and in bytes each
 *                                  what others say of somebody: the same, in a table of its own, and its addresses in number
 *     all else                     the node's own: capped as a peer's would be
 *
 * The oldest go first, in halves (see Generations). Records are hints that honest peers renew every few minutes, so one that a flood
 * pushed out comes back; how fast one peer can push is bounded by its own share.
 *
 * Whom others name costs them nothing. So such peers push out each other, and nobody to whom this node has had a connection, or whom it has tagged.
 *
 * Who asks for the providers of a key gets some of them, drawn anew each time, and those alone of whom something is known. A record outlives what is known of its peer, which is forgotten
 * minutes after it went (gone-peers.ts), pushed out, or refused; and kad-dht answers a question with an error, and names nobody, when the peer
 * store does not know one of the providers.
 *
 * What is kept is copied: it comes as a piece of one of Node's blocks of 64 KB, or of what was received, which would stay for its sake.
 */
import { NotFoundError } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { boundedPeerRecord } from './bounded-peer-record.ts'
import { drawn } from './drawn.ts'
import { Generations } from './generations.ts'
import { ValueRefusedError } from './errors.ts'
import type { BoundedPeerRecord } from './bounded-peer-record.ts'
import type { Libp2pOptions } from 'libp2p'

type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['get']>[0]
type Query = Parameters<Datastore['query']>[0]
type KeyQuery = Parameters<Datastore['queryKeys']>[0]
type Batch = ReturnType<Datastore['batch']>
interface Pair { key: Key, value: Uint8Array }
interface ProviderRecord extends Pair {
  /** What the peer store calls its provider; undefined: it is nobody's. */
  provider: string | undefined
}

export interface DatastoreLimits {
  /** Of all peers: 2,000 forwarders with eight hosts each. A record costs about 400 bytes. */
  maxProviderRecords: number
  /** Of one peer: its roles, and each host that it has room for (`maxAttachments` of a forwarder, 1,024). */
  maxProviderRecordsPerPeer: number
  /** Of the key of a record: those of this overlay have 122 characters, and hashes of 64 bytes would have 173. */
  maxProviderKeyLength: number
  /** Of one key in one answer: twice the eight for which kad-dht looks. Each costs a tenth of a millisecond or two, since the peer store is asked for it. */
  maxProvidersNamed: number
  /** Peers remembered: several times the connections that a node can have. */
  maxPeers: number
  /** Of all peers. */
  maxPeerBytes: number
  /** Peers of whom others alone have said something. */
  maxNamedPeers: number
  /** Of all of those. */
  maxNamedPeerBytes: number
  /** Of one value. A peer with 16 addresses, 40 protocols and its signed record takes about 4 KiB. */
  maxValueBytes: number
}

export const DEFAULT_DATASTORE_LIMITS: DatastoreLimits = {
  maxProviderRecords: 16_384,
  maxProviderRecordsPerPeer: 1_088,
  maxProviderKeyLength: 192,
  maxProvidersNamed: 16,
  maxPeers: 8_192,
  maxPeerBytes: 32 * 1024 * 1024,
  maxNamedPeers: 4_096,
  maxNamedPeerBytes: 8 * 1024 * 1024,
  maxValueBytes: 16 * 1024
}

/** Since the start. */
export interface DatastoreCounters {
  /** Provider records beyond the share of their peer, or for keys that are too long. */
  refusedProviderRecords: number
  /** Values put into the DHT. */
  refusedValues: number
  /** Peers that said more of themselves than there is room for. */
  refusedLargeValues: number
}

/** Of one key for one answer, until enough are found of whom something is known: made-up peers can leave 16,384. */
const MAX_PROVIDERS_DRAWN = 1_024
/** Pairs after which whoever walks over them lets the event loop turn: kad-dht looks at all provider records once an hour. */
const PAIRS_PER_TURN = 256

const PROVIDERS = '/dht/provider/'
const VALUES = '/dht/record/'
const PEERS = '/peers'

export class BoundedDatastore implements Datastore {
  readonly counters: DatastoreCounters = { refusedProviderRecords: 0, refusedValues: 0, refusedLargeValues: 0 }
  readonly #limits: DatastoreLimits
  readonly #providers: Generations<ProviderRecord>
  readonly #named: Generations<Pair>
  readonly #others: Generations<Pair>
  readonly #random: () => number

  /** @param random - 0 ≤ … < 1 */
  constructor (limits: Partial<DatastoreLimits> = {}, random: () => number = Math.random) {
    const bounds = this.#limits = { ...DEFAULT_DATASTORE_LIMITS, ...limits }
    this.#providers = new Generations({ maxEntries: bounds.maxProviderRecords, maxPerName: bounds.maxProviderRecordsPerPeer })
    this.#named = new Generations({ maxEntries: bounds.maxNamedPeers, maxBytes: bounds.maxNamedPeerBytes })
    this.#others = new Generations({ maxEntries: bounds.maxPeers, maxBytes: bounds.maxPeerBytes })
    this.#random = random
  }

  /** Entries now, for metrics and tests of the bounds. */
  get sizes (): { providerRecords: number, namedPeers: number, others: number } {
    return { providerRecords: this.#providers.size, namedPeers: this.#named.size, others: this.#others.size }
  }

  put (key: Key, value: Uint8Array): Key {
    const text = key.toString()
    if (text.startsWith(VALUES)) {
      this.counters.refusedValues++
      throw new ValueRefusedError('values are not put into this DHT: ask the peer itself for its descriptor')
    }
    if (text.startsWith(PROVIDERS)) {
      this.#putProvider(text, key, value)
      return key
    }
    const { shelf, name } = placeOf(text)
    const { record, isHearsay } = shelf === PEERS ? ofPeer(value) : { record: value, isHearsay: false }
    if (record.byteLength > this.#limits.maxValueBytes) {
      this.counters.refusedLargeValues++
      throw new ValueRefusedError(`a value of ${record.byteLength} bytes is over the limit of ${this.#limits.maxValueBytes}: say less of one peer`)
    }
    const [table, other] = isHearsay ? [this.#named, this.#others] : [this.#others, this.#named]
    other.delete(shelf, name)
    table.set(shelf, name, { key: copyOfKey(key), value: new Uint8Array(record) }, text.length + record.byteLength)
    return key
  }

  get (key: Key): Uint8Array {
    const found = this.#find(key)
    if (found === undefined) {
      throw new NotFoundError('no such key')
    }
    return found.value
  }

  has (key: Key): boolean {
    return this.#find(key) !== undefined
  }

  delete (key: Key): void {
    const text = key.toString()
    const { shelf, name } = placeOf(text)
    for (const table of this.#tables(text)) {
      table.delete(shelf, name)
    }
  }

  async * putMany (source: Iterable<Pair> | AsyncIterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) {
      yield this.put(key, value)
    }
  }

  async * getMany (source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) {
      yield { key, value: this.get(key) }
    }
  }

  async * deleteMany (source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      this.delete(key)
      yield key
    }
  }

  batch (): Batch {
    const steps: Array<() => void> = []
    return {
      put: (key, value) => { steps.push(() => { this.put(key, value) }) },
      delete: (key) => { steps.push(() => { this.delete(key) }) },
      commit: () => { steps.splice(0).forEach((step) => { step() }) }
    }
  }

  async * query (query: Query): AsyncGenerator<Pair> {
    const isWanted = (pair: Pair): boolean => (query.filters ?? []).every((filter) => filter(pair))
    const pairs = this.#under(query.prefix ?? '').filter(isWanted)
    for (const [index, pair] of slice((query.orders ?? []).reduce((sorted, order) => sorted.sort(order), pairs), query).entries()) {
      if (index % PAIRS_PER_TURN === PAIRS_PER_TURN - 1) {
        await new Promise((resolve) => { setImmediate(resolve) })
      }
      yield pair
    }
  }

  async * queryKeys (query: KeyQuery): AsyncGenerator<Key> {
    const keys = this.#under(query.prefix ?? '').map(({ key }) => key).filter((key) => (query.filters ?? []).every((filter) => filter(key)))
    yield * slice((query.orders ?? []).reduce((sorted, order) => sorted.sort(order), keys), query)
  }

  /** A record beyond its peer's share is dropped in silence: its sender must learn nothing, and need not be told. */
  #putProvider (text: string, key: Key, value: Uint8Array): void {
    const { shelf, name } = placeOf(text)
    const isTaken = text.length <= this.#limits.maxProviderKeyLength &&
      this.#providers.set(shelf, name, { key: copyOfKey(key), value: new Uint8Array(value), provider: nameInPeerStore(name) }, text.length + value.byteLength)
    if (!isTaken) {
      this.counters.refusedProviderRecords++
    }
  }

  /** Where it may be, likely ones first. */
  #tables (key: string): ReadonlyArray<Generations<Pair>> {
    return key.startsWith(PROVIDERS) ? [this.#providers] : [this.#others, this.#named]
  }

  #find (key: Key): Pair | undefined {
    const text = key.toString()
    const { shelf, name } = placeOf(text)
    const [first, second] = this.#tables(text)
    return first.get(shelf, name) ?? second?.get(shelf, name)
  }

  /** As of now: what comes while somebody walks over it is not seen. Of all providers all are found, of one key some, without a walk. */
  #under (prefix: string): Pair[] {
    const shelf = prefix.replace(/\/$/, '')
    if (shelf.startsWith(PROVIDERS)) {
      return this.#someProviders(shelf)
    }
    if (shelf === PEERS) {
      return [...this.#others.shelf(shelf), ...this.#named.shelf(shelf)]
    }
    return [...this.#providers.all(), ...this.#others.all(), ...this.#named.all()].filter(({ key }) => key.toString().startsWith(prefix))
  }

  #someProviders (shelf: string): Pair[] {
    const some: Pair[] = []
    for (const record of drawn(this.#providers.shelf(shelf), MAX_PROVIDERS_DRAWN, this.#random)) {
      if (some.length === this.#limits.maxProvidersNamed) {
        break
      }
      if (this.#isKnown(record.provider)) {
        some.push(record)
      }
    }
    return some
  }

  #isKnown (peer: string | undefined): boolean {
    return peer !== undefined && (this.#others.get(PEERS, peer) ?? this.#named.get(PEERS, peer)) !== undefined
  }
}

/** What is no record of the peer store's is nobody's own word. */
function ofPeer (value: Uint8Array): BoundedPeerRecord {
  try {
    return boundedPeerRecord(value)
  } catch {
    return { record: value, isHearsay: true }
  }
}

/** The last part of a key names what lies on the shelf that the rest names. */
function placeOf (key: string): { shelf: string, name: string } {
  const at = key.lastIndexOf('/')
  return { shelf: key.slice(0, at), name: key.slice(at + 1) }
}

/** The peer store of libp2p writes peer ids as CIDs, its DHT as they are printed. Undefined: no peer id. */
function nameInPeerStore (peer: string): string | undefined {
  try {
    return peerIdFromString(peer).toCID().toString()
  } catch {
    return undefined
  }
}

/** libp2p's keys are bytes; the class is not ours to import. */
function copyOfKey (key: Key): Key {
  const KeyOf = key.constructor as new (bytes: Uint8Array, clean: boolean) => Key
  return new KeyOf(new Uint8Array(key.uint8Array()), false)
}

function slice<T> (items: T[], { offset = 0, limit }: { offset?: number, limit?: number }): T[] {
  return items.slice(offset, limit === undefined ? undefined : offset + limit)
}
