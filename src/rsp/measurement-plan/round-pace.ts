// How soon another round is worth its measurements: soon while the links' values move, later while they do not.

/** Between the beginnings of two rounds: at most so often, and at least. */
const MIN_PERIOD_MS = 20_000
const MAX_PERIOD_MS = 120_000
/** The first rounds find most; they follow at once. */
const FIRST_ROUNDS = 6
const FIRST_PERIOD_MS = 5_000
/** Where so many of the links have moved between two rounds, the next one comes as soon as may be; where none have, as late. */
const MUCH_MOVED = 0.2

/** A link has moved when its value differs by more than both of these from that of the round before. */
const MOVED_SHARE = 0.05
const MOVED_MS = 1

export class RoundPace {
  #values = new Map<string, number>()
  #measured = new Map<string, number>()
  #beganAtMs = 0
  #rounds = 0
  #movedShare: number | undefined

  /** Of the links measured in both of the last two rounds; undefined while there are none. */
  get movedShare (): number | undefined {
    return this.#movedShare
  }

  /** Before that no other round is worth it, whoever has come or gone. */
  get soonestMs (): number {
    return this.#beganAtMs + (this.#rounds <= FIRST_ROUNDS ? FIRST_PERIOD_MS : MIN_PERIOD_MS)
  }

  begin (nowMs: number): void {
    this.#beganAtMs = nowMs
    this.#measured = new Map()
  }

  measured (a: string, b: string, rttMs: number): void {
    this.#measured.set(a < b ? `${a} ${b}` : `${b} ${a}`, rttMs)
  }

  /** @returns when the next round should begin */
  end (nowMs: number): number {
    let [both, moved] = [0, 0]
    for (const [name, rttMs] of this.#measured) {
      const beforeMs = this.#values.get(name)
      both += beforeMs === undefined ? 0 : 1
      moved += beforeMs !== undefined && Math.abs(rttMs - beforeMs) > Math.max(MOVED_MS, MOVED_SHARE * beforeMs) ? 1 : 0
    }
    this.#movedShare = both === 0 ? undefined : moved / both
    this.#values = this.#measured
    this.#rounds++
    return Math.max(nowMs, this.#beganAtMs + this.#periodMs)
  }

  get #periodMs (): number {
    if (this.#rounds <= FIRST_ROUNDS) {
      return FIRST_PERIOD_MS
    }
    const unrest = Math.min(1, (this.#movedShare ?? 1) / MUCH_MOVED)
    return MAX_PERIOD_MS - unrest * (MAX_PERIOD_MS - MIN_PERIOD_MS)
  }
}
