// What waits before a link, shared fairly: deficit round robin (Shreedhar and Varghese, SIGCOMM 1995) between accounts, and within each
// between the neighbours that brought the packets.
//
//   account ─┬─ source ─ packets        turn: an account, in it a source, of that the oldest packet,
//            └─ source ─ packets        unless it has waited for too long or CoDel drops it
//   account ─── source ─ packets
//
// Whoever takes less than its share never waits for longer than a round. When it is full, the account with most waiting loses, and in it
// the source with most.
import { copyBytes } from './copy-bytes.ts'
import { Flag } from '../../protocols/forward/constants.ts'
import { CoDel, INTERVAL_MS } from './codel.ts'
import { WaitingPackets } from './waiting-packets.ts'
import type { QueueCounters } from './queue-counters.ts'

/** In each round an account, and in each of its rounds a source, may send so much: a round is short, and a large packet waits for some. */
const QUANTUM_BYTES = 2_048
/** Accounts with something waiting before one link, and sources of them all; those beyond share the last place. */
const MAX_ACCOUNTS = 64
const MAX_SOURCES = 256
const SHARED = -2
/**
 * Who has much more than others loses a sixteenth of the queue at once, and anybody a quarter of its own: these are looked through once for many packets
 * instead of once for each.
 */
const DROP_SHIFT = 4
const OWN_DROP_SHIFT = 2
/** What has waited for longer gets the congestion mark: half of CoDel's target, so that senders slow down before anything is dropped, and more than a turn of the event loop. */
const MARK_AFTER_MS = 5
/** Who has sent more than its share does so still, for so long after it was late last: a pause of its own does not give it a new start. */
const OVER_MS = 1_000
const KEYS = 0x10000

export interface FairRoundInit {
  maxBytes: number
  /**
   * Of a source whose queue stands, what has waited for longer is dropped, and CoDel drops before that. Infinity: nothing is dropped for its
   * age, as is right for one's own packets.
   */
  lateAfterMs: number
  counters: QueueCounters
}

class Source {
  readonly waiting = new WaitingPackets()
  readonly codel = new CoDel()
  deficitBytes = QUANTUM_BYTES

  /**
   * @param sinceMs - it has had something waiting, or a debt, since then
   * @param overUntilMs - until then it is one that sends more than its share
   */
  constructor (readonly accountKey: number, readonly key: number, readonly sinceMs: number, public overUntilMs: number) {}

  get bytes (): number {
    return this.waiting.bytes
  }
}

class Account {
  /** Those with something waiting, or in debt; the first has its turn. */
  readonly round: Source[] = []
  readonly sources = new Map<number, Source>()
  deficitBytes = QUANTUM_BYTES
  /** That wait, of all its sources. */
  bytes = 0

  constructor (readonly key: number) {}
}

export class FairRound {
  readonly #maxBytes: number
  readonly #lateAfterMs: number
  readonly #counters: QueueCounters
  /** Those with something waiting, or in debt; the first has its turn. */
  readonly #round: Account[] = []
  readonly #accounts = new Map<number, Account>()
  /** Of those that have nothing waiting now; the oldest goes when there are too many. */
  readonly #over = new Map<number, number>()
  #sources = 0
  #bytes = 0
  #buffer: Uint8Array = new Uint8Array(0)

  constructor ({ maxBytes, lateAfterMs, counters }: FairRoundInit) {
    this.#maxBytes = maxBytes
    this.#lateAfterMs = lateAfterMs
    this.#counters = counters
  }

  get bytes (): number {
    return this.#bytes
  }

  /** Of one source of one account. */
  bytesOf (accountKey: number, sourceKey: number): number {
    return this.#accounts.get(accountKey)?.sources.get(sourceKey)?.waiting.bytes ?? 0
  }

  get heldBytes (): number {
    return this.#all().reduce((sum, { waiting }) => sum + waiting.heldBytes, 0)
  }

  /** Memory into which `reserve` wrote last. */
  get buffer (): Uint8Array {
    return this.#buffer
  }

  /** Room for a packet: its offset in `buffer`, which the caller fills at once; −1 when the new packet is the one that has to go. */
  reserve (length: number, droppable: boolean, accountKey: number, sourceKey: number, nowMs: number): number {
    if (this.#bytes + length > this.#maxBytes && !this.#makeRoom(length, accountKey, sourceKey)) {
      this.#counters.full++
      return -1
    }
    const account = this.#accountOf(accountKey)
    const source = this.#sourceOf(account, sourceKey, nowMs)
    const at = source.waiting.reserve(length, droppable, nowMs)
    this.#bytes += length
    account.bytes += length
    this.#buffer = source.waiting.buffer
    return at
  }

  /**
   * Packets in the order of their turns, as many as fit into `batch` up to `maxBytes`, and marked where they had to wait. Returns
   * where they end.
   */
  take (batch: Uint8Array, maxBytes: number, nowMs: number): { bytes: number, packets: number } {
    let bytes = 0
    let packets = 0
    for (let source = this.#turn(nowMs); source !== undefined; source = this.#turn(nowMs)) {
      const { waiting } = source
      const length = waiting.headLength
      if (bytes + length > maxBytes) {
        break
      }
      const waitedMs = waiting.headAgeMs(nowMs)
      copyBytes(waiting.headBuffer, waiting.headAt, length, batch, bytes)
      if (waitedMs >= MARK_AFTER_MS) {
        batch[bytes + 3] |= Flag.congestion
        this.#counters.marked++
      }
      this.#counters.waited(waitedMs)
      bytes += length
      packets++
      this.#charge(length)
    }
    return { bytes, packets }
  }

  /** Drops all. Returns how many packets that were. */
  clear (): number {
    const packets = this.#all().reduce((sum, { waiting }) => sum + waiting.packets, 0)
    this.#round.length = 0
    this.#accounts.clear()
    this.#over.clear()
    this.#sources = 0
    this.#bytes = 0
    return packets
  }

  /**
   * The source whose turn it is, with a packet that may go; what must not go any more has gone. Who has nothing waiting leaves the round
   * only when it has no debt: else large packets that come one by one would take more than their share.
   */
  #turn (nowMs: number): Source | undefined {
    while (this.#round.length > 0) {
      const account = this.#round[0]
      if (account.deficitBytes <= 0) {
        account.deficitBytes += QUANTUM_BYTES
        this.#round.push(this.#round.shift() as Account)
      } else if (account.round.length === 0) {
        this.#round.shift()
        this.#accounts.delete(account.key)
      } else {
        const source = this.#turnIn(account, nowMs)
        if (source !== undefined) {
          return source
        }
      }
    }
    return undefined
  }

  #turnIn (account: Account, nowMs: number): Source | undefined {
    const source = account.round[0]
    if (source.deficitBytes <= 0) {
      source.deficitBytes += QUANTUM_BYTES
      account.round.push(account.round.shift() as Source)
      return undefined
    }
    this.#dropLate(account, source, nowMs)
    if (source.waiting.packets > 0) {
      return source
    }
    account.round.shift()
    account.sources.delete(source.key)
    this.#sources--
    this.#remember(source, nowMs)
    return undefined
  }

  /** The packet of the turn has been taken. */
  #charge (length: number): void {
    const account = this.#round[0]
    const source = account.round[0]
    source.waiting.shift()
    this.#bytes -= length
    account.bytes -= length
    account.deficitBytes -= length
    source.deficitBytes -= length
  }

  #dropLate (account: Account, source: Source, nowMs: number): void {
    const { waiting, codel } = source
    if (this.#lateAfterMs === Infinity) {
      return
    }
    while (waiting.packets > 0) {
      const waitedMs = waiting.headAgeMs(nowMs)
      // asked in any case, so that it knows how long there has been a queue: who has none but for a pause of ours loses nothing
      const isDropped = codel.drops(waitedMs, waiting.packets === 1, nowMs)
      const isLate = waitedMs > this.#lateAfterMs && (nowMs < source.overUntilMs || codel.isStanding(nowMs)) && waiting.packets > 1
      if (isLate && nowMs - source.sinceMs >= INTERVAL_MS) {
        source.overUntilMs = nowMs + OVER_MS
      }
      if (!isDropped && !isLate) {
        return
      }
      this.#bytes -= waiting.headLength
      account.bytes -= waiting.headLength
      waiting.shift()
      this.#counters.late++
    }
  }

  #remember ({ accountKey, key, overUntilMs }: Source, nowMs: number): void {
    if (overUntilMs <= nowMs) {
      return
    }
    if (this.#over.size >= MAX_SOURCES) {
      this.#over.delete(this.#over.keys().next().value as number)
    }
    this.#over.set(accountKey * KEYS + key, overUntilMs)
  }

  #accountOf (key: number): Account {
    const existing = this.#accounts.get(key)
    if (existing !== undefined) {
      return existing
    }
    if (this.#accounts.size >= MAX_ACCOUNTS && key !== SHARED) {
      return this.#accountOf(SHARED)
    }
    const account = new Account(key)
    this.#accounts.set(key, account)
    this.#round.push(account)
    return account
  }

  #sourceOf (account: Account, key: number, nowMs: number): Source {
    const existing = account.sources.get(key)
    if (existing !== undefined) {
      return existing
    }
    if (this.#sources >= MAX_SOURCES && key !== SHARED) {
      return this.#sourceOf(account, SHARED, nowMs)
    }
    const known = account.key * KEYS + key
    const source = new Source(account.key, key, nowMs, this.#over.get(known) ?? 0)
    this.#over.delete(known)
    account.sources.set(key, source)
    account.round.push(source)
    this.#sources++
    return source
  }

  /** At the expense of who has most waiting; false when the new packet itself has to go. */
  #makeRoom (length: number, accountKey: number, sourceKey: number): boolean {
    if (length > this.#maxBytes) {
      return false
    }
    while (this.#bytes + length > this.#maxBytes) {
      const account = fattestOf(this.#round)
      const source = fattestOf(account.round)
      const { waiting } = source
      const neededBytes = this.#bytes + length - this.#maxBytes
      const before = waiting.bytes
      if (waiting.droppableBytes >= neededBytes) {
        this.#counters.full += waiting.dropDroppable(Math.max(neededBytes, this.#lossOf(account, source)))
      } else if (account.key === accountKey && source.key === sourceKey) {
        return false
      } else {
        while (waiting.packets > 0 && before - waiting.bytes < neededBytes) {
          waiting.shift()
          this.#counters.full++
        }
      }
      this.#bytes -= before - waiting.bytes
      account.bytes -= before - waiting.bytes
    }
    return true
  }

  /** How much the source with most may lose at once: not so much that others have more then, but for a little. */
  #lossOf (account: Account, source: Source): number {
    const excessBytes = Math.min(account.bytes - nextTo(this.#round, account), source.bytes - nextTo(account.round, source))
    return Math.min(this.#maxBytes >> DROP_SHIFT, Math.max(excessBytes, source.bytes >> OWN_DROP_SHIFT))
  }

  #all (): Source[] {
    return this.#round.flatMap(({ round }) => round)
  }
}

/** The one that has most; there must be one. */
function fattestOf<T extends { bytes: number }> (all: readonly T[]): T {
  let fattest = all[0]
  for (const other of all) {
    if (other.bytes > fattest.bytes) {
      fattest = other
    }
  }
  return fattest
}

/** What the one has that has most but for this one. */
function nextTo<T extends { bytes: number }> (all: readonly T[], fattest: T): number {
  let bytes = 0
  for (const other of all) {
    if (other !== fattest && other.bytes > bytes) {
      bytes = other.bytes
    }
  }
  return bytes
}
