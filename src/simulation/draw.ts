// Says who lives where: draws rows of a latency matrix for the nodes of a simulated overlay, the same ones for the
// same seed on every machine.

export interface DrawInit {
  /** 32-bit unsigned integer. */
  seed: number
  /** Rows of the matrix. */
  size: number
  forwarders: number
  /** Pairs of hosts that talk to each other. */
  pairs: number
}

export interface DrawnRows {
  forwarders: number[]
  rsps: [number, number]
  bootstrap: number
  /** As many as pairs, but at least two where there is a pair. */
  hosts: number[]
  /** Each host talks to the next one, the last one to the first. */
  pairs: Array<{ source: number, destination: number }>
}

/** The matrix has fewer rows than there are forwarders, or not even two for a pair of hosts. */
export class TooFewRowsError extends Error {
  override readonly name = 'TooFewRowsError'
  readonly rows: number
  readonly needed: number

  constructor (rows: number, needed: number) {
    super(`The matrix has ${rows} rows and ${needed} are needed: take fewer forwarders or a larger matrix`)
    this.rows = rows
    this.needed = needed
  }
}

/**
 * One permutation of the rows serves all: forwarders from its front, hosts after them, the RSPs and the bootstrap
 * node from its end. So more pairs leave everybody where they were, and everybody has a row of his own while rows last.
 * The permutation is random, so pairs of neighbours in it are random pairs. When they run short, RSPs and bootstrap share rows with hosts first, hosts with forwarders next;
 * forwarders never share with each other, nor do the two hosts of a pair.
 */
export function drawRows ({ seed, size, forwarders, pairs }: DrawInit): DrawnRows {
  for (const count of [size, forwarders, pairs]) {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`${count} is no number of rows, forwarders or pairs: give an integer, 0 or more`)
    }
  }
  const rows = Array.from({ length: size }, (_, row) => row)
  const needed = Math.max(forwarders, pairs > 0 ? 2 : 1)
  if (rows.length < needed) {
    throw new TooFewRowsError(rows.length, needed)
  }
  shuffle(rows, seededUint32(seed))
  const hosts = Array.from({ length: pairs === 0 ? 0 : Math.max(2, pairs) }, (_, host) => rows[(forwarders + host) % rows.length])
  const fromEnd = (place: number): number => rows[rows.length - 1 - place % rows.length]
  return {
    forwarders: rows.slice(0, forwarders),
    rsps: [fromEnd(0), fromEnd(1)],
    bootstrap: fromEnd(2),
    hosts,
    pairs: Array.from({ length: pairs }, (_, pair) => ({ source: hosts[pair], destination: hosts[(pair + 1) % hosts.length] }))
  }
}

/** Fisher–Yates, in place; the bias of the modulo-free scaling is below size/2³². */
function shuffle (rows: number[], nextUint32: () => number): void {
  for (let last = rows.length - 1; last > 0; last--) {
    const chosen = Math.floor(nextUint32() / 2 ** 32 * (last + 1));
    [rows[last], rows[chosen]] = [rows[chosen], rows[last]]
  }
}

/**
 * The sfc32 generator: 128 bits of state with a counter among them, so no seed has a short cycle (period at least
 * 2³²), and integer arithmetic only, so every machine draws the same. Not for secrets.
 */
export function seededUint32 (seed: number): () => number {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(`${seed} is no seed: give an integer from 0 to ${2 ** 32 - 1}`)
  }
  let a = 0
  let b = 0
  let c = seed | 0
  let counter = 1
  const next = (): number => {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21 | c >>> 11) + result) | 0
    return result >>> 0
  }
  // seeds that differ in one bit need about a dozen rounds until all of the state differs
  for (let round = 0; round < 15; round++) next()
  return next
}
