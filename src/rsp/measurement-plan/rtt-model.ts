// Guesses the round trips of links that nobody has measured, from those that were: a mean, an offset per node, and a
// few factors per node whose products say how much nearer or farther two nodes are than that (matrix factorization by alternating least squares).
// Guesses only propose what to measure. Nothing is ever decided by them: the winners of a minimum are the errors.
import type { Links } from './link-memory.ts'

/** More factors fit the few measurements of the first rounds by heart: of 3 to 8, four were best from a cold start. */
const FACTORS = 4
const COLUMNS = FACTORS + 1
/** How strongly factors and offsets are held near 0, in the units of one well-weighted measurement. */
const FACTOR_PULL = 0.5
const OFFSET_PULL = 0.5
const SWEEPS = 6
/** Links are fitted in units of this; one that is farther than MAX_RTT_MS is overloaded rather than far. */
const UNIT_MS = 100
const MAX_RTT_MS = 800
/** Short links count more, since paths are made of them: weight 2 at 0 ms, 2/3 at 100 ms. */
const WEIGHT_OFFSET = 0.5
const MIN_GUESS_MS = 1

export class RttModel {
  readonly #nodeCount: number
  #mean = 0
  readonly #offsets: Float64Array
  /** Two sets, each fitted with the other held still; a guess is the mean of both products. */
  readonly #left: Float64Array
  readonly #right: Float64Array
  readonly #matrix = new Float64Array(COLUMNS * COLUMNS)
  readonly #vector = new Float64Array(COLUMNS)
  readonly #features = new Float64Array(COLUMNS)

  /** `random` gives numbers from 0 to 1: the factors start as noise. */
  constructor (nodeCount: number, random: () => number) {
    this.#nodeCount = nodeCount
    this.#offsets = new Float64Array(nodeCount)
    this.#left = Float64Array.from({ length: nodeCount * FACTORS }, () => (random() - 0.5) / 5)
    this.#right = this.#left.map((factor) => factor + (random() - 0.5) / 5)
  }

  /** Goes on from what was fitted before. */
  fit (links: Links): void {
    const observed = new Observed(this.#nodeCount, links)
    this.#mean = observed.mean
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      this.#fitSide(observed, this.#left, this.#right)
      this.#fitSide(observed, this.#right, this.#left)
    }
  }

  /** The same model of other nodes: node i was previous[i] until now, or -1 where it is new and begins as noise. */
  renumbered (previous: readonly number[], random: () => number): RttModel {
    const next = new RttModel(previous.length, random)
    next.#mean = this.#mean
    for (const [node, old] of previous.entries()) {
      if (old !== -1) {
        next.#offsets[node] = this.#offsets[old]
        next.#left.set(this.#left.subarray(old * FACTORS, (old + 1) * FACTORS), node * FACTORS)
        next.#right.set(this.#right.subarray(old * FACTORS, (old + 1) * FACTORS), node * FACTORS)
      }
    }
    return next
  }

  guessMs (a: number, b: number): number {
    let products = 0
    for (let factor = 0; factor < FACTORS; factor++) {
      products += this.#left[a * FACTORS + factor] * this.#right[b * FACTORS + factor] + this.#left[b * FACTORS + factor] * this.#right[a * FACTORS + factor]
    }
    return Math.max(MIN_GUESS_MS, UNIT_MS * (this.#mean + this.#offsets[a] + this.#offsets[b] + products / 2))
  }

  /** One weighted ridge regression per node. */
  #fitSide (observed: Observed, side: Float64Array, other: Float64Array): void {
    const [matrix, vector, features] = [this.#matrix, this.#vector, this.#features]
    features[0] = 1
    for (let node = 0; node < this.#nodeCount; node++) {
      matrix.fill(0)
      vector.fill(0)
      for (let at = observed.offsets[node]; at < observed.offsets[node + 1]; at++) {
        const neighbour = observed.neighbours[at]
        features.set(other.subarray(neighbour * FACTORS, (neighbour + 1) * FACTORS), 1)
        this.#add(observed.values[at] - this.#mean - this.#offsets[neighbour], observed.weights[at])
      }
      for (let column = 0; column < COLUMNS; column++) {
        matrix[column * COLUMNS + column] += column === 0 ? OFFSET_PULL : FACTOR_PULL
      }
      solve(matrix, vector, COLUMNS)
      this.#offsets[node] = vector[0]
      side.set(vector.subarray(1), node * FACTORS)
    }
  }

  #add (residual: number, weight: number): void {
    const [matrix, vector, features] = [this.#matrix, this.#vector, this.#features]
    for (let row = 0; row < COLUMNS; row++) {
      const weighted = features[row] * weight
      vector[row] += weighted * residual
      for (let column = 0; column <= row; column++) {
        matrix[row * COLUMNS + column] += weighted * features[column]
      }
    }
  }
}

/** The measurements, grouped by node. */
class Observed {
  readonly mean: number
  readonly offsets: Uint32Array
  readonly neighbours: Uint16Array
  readonly values: Float64Array
  readonly weights: Float64Array

  constructor (nodeCount: number, { pairs, rttMs }: Links) {
    this.offsets = new Uint32Array(nodeCount + 1)
    for (const pair of pairs) {
      this.offsets[Math.floor(pair / nodeCount) + 1]++
      this.offsets[pair % nodeCount + 1]++
    }
    for (let node = 0; node < nodeCount; node++) {
      this.offsets[node + 1] += this.offsets[node]
    }
    const next = this.offsets.slice()
    this.neighbours = new Uint16Array(2 * pairs.length)
    this.values = new Float64Array(2 * pairs.length)
    this.weights = new Float64Array(2 * pairs.length)
    let [sum, weights] = [0, 0]
    for (let link = 0; link < pairs.length; link++) {
      const [a, b] = [Math.floor(pairs[link] / nodeCount), pairs[link] % nodeCount]
      const weight = 1 / (WEIGHT_OFFSET + rttMs[link] / UNIT_MS)
      const value = Math.min(rttMs[link], MAX_RTT_MS) / UNIT_MS
      for (const [node, neighbour] of [[a, b], [b, a]]) {
        const at = next[node]++
        this.neighbours[at] = neighbour
        this.values[at] = value
        this.weights[at] = weight
      }
      sum += value * weight
      weights += weight
    }
    this.mean = weights === 0 ? 0 : sum / weights
  }
}

/** Solves matrix × x = vector into `vector` by Cholesky's decomposition; the matrix is positive definite, its lower half is overwritten. */
function solve (matrix: Float64Array, vector: Float64Array, size: number): void {
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let rest = matrix[row * size + column]
      for (let at = 0; at < column; at++) {
        rest -= matrix[row * size + at] * matrix[column * size + at]
      }
      matrix[row * size + column] = row === column ? Math.sqrt(Math.max(rest, Number.EPSILON)) : rest / matrix[column * size + column]
    }
  }
  for (let row = 0; row < size; row++) {
    for (let at = 0; at < row; at++) {
      vector[row] -= matrix[row * size + at] * vector[at]
    }
    vector[row] /= matrix[row * size + row]
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let at = row + 1; at < size; at++) {
      vector[row] -= matrix[at * size + row] * vector[at]
    }
    vector[row] /= matrix[row * size + row]
  }
}
