// How many entries of forwarding state each RSP, each source and each address prefix has, and how many they may have: so that
// nobody fills the table, whatever signatures they can show.
import { NodeTable, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { OverQuotaError } from '../../protocols/errors.ts'
import type { PeerId } from '@libp2p/interface'

/** Entries at once. */
export interface QuotaLimits {
  maxEntries: number
  maxPerRsp: number
  maxPerSource: number
  /** Of the peer that asked for the entry, unless it is a forwarder. */
  maxPerPrefix: number
  /** Of a forwarder that brings the passes of others. */
  maxPerForwarder: number
  /** Of an address prefix and its forwarders together. */
  maxPerPrefixInAll: number
  /** Of one signed path: each may use the rate that the RSP has signed for it. Two, so that one can be set up before the other goes. */
  maxPerPath: number
}

const DEFAULT_MAX_ENTRIES = 65_536
/** More flows at once than a host has. */
const DEFAULT_MAX_PER_SOURCE = 256
/** The hosts of one office. */
const DEFAULT_MAX_PER_PREFIX = 1_024
const DEFAULT_MAX_PER_PATH = 2
/** So many forwarders bring as much as they may before the table is full. */
const FORWARDERS_THAT_FILL = 8
/** So many address prefixes: forwarders can be made up, prefixes cannot. */
const PREFIXES_THAT_FILL = 4

/** The defaults for what is not said: one RSP may have half of the table. */
export function quotaLimits (limits: Partial<QuotaLimits> = {}): QuotaLimits {
  const maxEntries = limits.maxEntries ?? DEFAULT_MAX_ENTRIES
  const maxPerPrefix = limits.maxPerPrefix ?? DEFAULT_MAX_PER_PREFIX
  const maxPerForwarder = limits.maxPerForwarder ?? Math.max(1, Math.ceil(maxEntries / FORWARDERS_THAT_FILL))
  return {
    maxEntries,
    maxPerRsp: limits.maxPerRsp ?? Math.max(1, Math.floor(maxEntries / 2)),
    maxPerSource: limits.maxPerSource ?? DEFAULT_MAX_PER_SOURCE,
    maxPerPrefix,
    maxPerForwarder,
    maxPerPrefixInAll: limits.maxPerPrefixInAll ?? Math.max(maxPerPrefix, maxPerForwarder, Math.ceil(maxEntries / PREFIXES_THAT_FILL)),
    maxPerPath: limits.maxPerPath ?? DEFAULT_MAX_PER_PATH
  }
}

/** Who an entry is for. */
export interface QuotaClaim {
  /** Of the RSP; see accounts.ts. */
  account: number
  source: PeerId
  /** See defence/address-prefix.ts. Callers without one are counted together, so that hiding it is no way around. */
  prefix: string | undefined
  /** Peer id of the forwarder that brought a pass: the entry counts to it instead of to the hosts of its prefix. */
  forwarder?: string
}

/** What an entry was counted to, in small integers: to be given back when it goes. */
export interface QuotaPlace {
  account: number
  source: number
  bringer: number
}

const WITHOUT_PREFIX = ''

export class Quotas {
  readonly limits: QuotaLimits
  readonly #accounts = new Map<number, number>()
  readonly #sources = new Tally(new NodeTable<number>())
  /** Hosts of a prefix, or a forwarder at one. */
  readonly #bringers = new Tally(new Map<string, number>())
  readonly #prefixes = new Tally(new Map<string, number>())
  /** By number of who brings. */
  readonly #prefixOf: number[] = []
  readonly #peers: PeerId[] = []
  #entries = 0

  constructor (limits: Partial<QuotaLimits> = {}) {
    this.limits = quotaLimits(limits)
  }

  get entries (): number {
    return this.#entries
  }

  entriesOf (account: number): number {
    return this.#accounts.get(account) ?? 0
  }

  /** The number that entries of this source have; undefined while there are none. */
  sourceOf (source: PeerId): number | undefined {
    return this.#sources.find(nodeIdOf(source))
  }

  /** Whose number it is; only while there are entries of it. */
  peerOf (source: number): PeerId | undefined {
    return this.#sources.count(source) > 0 ? this.#peers[source] : undefined
  }

  /**
   * Counts one more entry; counts nothing when it throws.
   *
   * @throws OverQuotaError
   */
  take ({ account, source, prefix = WITHOUT_PREFIX, forwarder }: QuotaClaim): QuotaPlace {
    const bringer = forwarder === undefined ? prefix : `${prefix} forwarder ${forwarder}`
    const { maxEntries, maxPerRsp, maxPerSource, maxPerPrefix, maxPerForwarder, maxPerPrefixInAll } = this.limits
    const node = nodeIdOf(source)
    refuseAt(this.#entries, maxEntries, 'this forwarder has', 'use another one')
    refuseAt(this.entriesOf(account), maxPerRsp, 'the RSP has', 'use a path of another one')
    refuseAt(this.#sources.countOf(node), maxPerSource, 'the source has', 'remove some that are not used')
    refuseAt(this.#bringers.countOf(bringer), forwarder === undefined ? maxPerPrefix : maxPerForwarder,
      forwarder === undefined ? 'callers at this address prefix have' : 'paths over the forwarder before have', 'come over another forwarder')
    refuseAt(this.#prefixes.countOf(prefix), maxPerPrefixInAll, 'callers at this address prefix and its forwarders have', 'come over another forwarder')
    this.#entries++
    this.#accounts.set(account, this.entriesOf(account) + 1)
    const place = { account, source: this.#sources.add(node), bringer: this.#bringers.add(bringer) }
    this.#prefixOf[place.bringer] = this.#prefixes.add(prefix)
    this.#peers[place.source] = source
    return place
  }

  /** An entry is gone. Once for each that was taken. */
  give ({ account, source, bringer }: QuotaPlace): void {
    const left = this.entriesOf(account) - 1
    if (left > 0) {
      this.#accounts.set(account, left)
    } else {
      this.#accounts.delete(account)
    }
    this.#entries--
    this.#sources.remove(source)
    this.#bringers.remove(bringer)
    this.#prefixes.remove(this.#prefixOf[bringer])
  }
}

function refuseAt (entries: number, max: number, who: string, advice: string): void {
  if (entries >= max) {
    throw new OverQuotaError(`${who} all of the ${max} paths that fit here: ${advice}, or try again later`)
  }
}

/** What a Map and a NodeTable have in common. */
interface Ordinals<K> {
  get: (key: K) => number | undefined
  set: (key: K, ordinal: number) => unknown
  delete: (key: K) => boolean
}

/** Counts by key. A key has a small integer from its first count until its count is zero again; so no more are kept than are counted. */
class Tally<K> {
  readonly #ordinals: Ordinals<K>
  readonly #keys: K[] = []
  readonly #counts: number[] = []
  readonly #free: number[] = []

  constructor (ordinals: Ordinals<K>) {
    this.#ordinals = ordinals
  }

  find (key: K): number | undefined {
    return this.#ordinals.get(key)
  }

  count (ordinal: number): number {
    return this.#counts[ordinal] ?? 0
  }

  countOf (key: K): number {
    const ordinal = this.find(key)
    return ordinal === undefined ? 0 : this.#counts[ordinal]
  }

  add (key: K): number {
    let ordinal = this.find(key)
    if (ordinal === undefined) {
      ordinal = this.#free.pop() ?? this.#counts.length
      this.#ordinals.set(key, ordinal)
      this.#keys[ordinal] = key
      this.#counts[ordinal] = 0
    }
    this.#counts[ordinal]++
    return ordinal
  }

  remove (ordinal: number): void {
    if (--this.#counts[ordinal] === 0) {
      this.#ordinals.delete(this.#keys[ordinal])
      this.#free.push(ordinal)
    }
  }
}
