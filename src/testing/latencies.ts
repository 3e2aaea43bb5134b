// Who is how far from whom in a testnet, by names: `bootstrap`, `forwarder0`, `rsp0`, `host0`, …
import { BywayError } from '../../protocols/errors.ts'

export type NodeKind = 'bootstrap' | 'forwarder' | 'rsp' | 'host'
/** The kind, and its number among those of its kind in the order of their start; there is one `bootstrap`. */
export type NodeName = 'bootstrap' | `${Exclude<NodeKind, 'bootstrap'>}${number}`

/** Round trips in ms: the same between any two nodes, or of each pair; asked once for each direction and node that dials. */
export type Latencies = number | ((from: NodeName, to: NodeName) => number)

/** What a connection between two nodes carries in each direction, bytes per second; undefined: whatever comes. */
export type Bandwidths = (from: NodeName, to: NodeName) => number | undefined

/** A testnet cannot be made of this. The message names the setting. */
export class InvalidTestnetError extends BywayError {
  override readonly name = 'InvalidTestnetError'
  readonly code = 'INVALID_TESTNET'
}

/** More is no Internet, but a mistaken unit. */
const MAX_RTT_MS = 10_000

/** Rows are given out in the order of joining. */
export class NamedPlaces {
  readonly #latencies: Latencies
  readonly #names: NodeName[] = []

  /** @throws InvalidTestnetError */
  constructor (latencies: Latencies) {
    if (typeof latencies === 'number') {
      checkRtt(latencies, 'latencies')
    }
    this.#latencies = latencies
  }

  /** @returns the row of the newcomer */
  join (name: NodeName): number {
    return this.#names.push(name) - 1
  }

  /** As `bandwidths` says. */
  bytesPerSecond (bandwidths: Bandwidths, from: number, to: number): number | undefined {
    return bandwidths(this.#names[from], this.#names[to])
  }

  /** @throws InvalidTestnetError for what is no round trip */
  rttMs (from: number, to: number): number {
    const [a, b] = [this.#names[from], this.#names[to]]
    return typeof this.#latencies === 'number' ? this.#latencies : checkRtt(this.#latencies(a, b), `latencies('${a}', '${b}')`)
  }

  /** Asks for all pairs of a newcomer and those before it, so that a mistake shows at the start and not in some connection. */
  check (row: number): void {
    for (let other = 0; other < row; other++) {
      this.rttMs(row, other)
      this.rttMs(other, row)
    }
  }
}

function checkRtt (rttMs: number, where: string): number {
  if (!(rttMs >= 0 && rttMs <= MAX_RTT_MS)) {
    throw new InvalidTestnetError(`${where} is ${String(rttMs)}: give a round trip from 0 to ${MAX_RTT_MS} ms`)
  }
  return rttMs
}
