// A node under a flood of set-ups, in virtual time: the real gate, a CPU that takes as long as signatures take, honest sources that do what
// the specification asks of them, and attackers that do not.
import assert from 'node:assert/strict'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { effortOf } from '../../protocols/setup/puzzle.ts'
import { CallerBuckets } from '../../src/defence/caller-buckets.ts'
import { DEFAULT_SET_UP_LIMITS } from '../../src/defence/set-up-limits.ts'
import { SetUpGate } from '../../src/defence/set-up-gate.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import { fateOf } from './set-up-flood-figures.ts'
import { VirtualServer } from './virtual-server.ts'
import type { GateCaller } from '../../src/defence/set-up-gate.ts'
import type { Asks, FloodOutcome, FloodScenario } from './set-up-flood-figures.ts'

/** Of the server, in ms. */
const COST = { refusedFrame: 0.005, decodedFrame: 0.02, check: 0.12 }
/** One SHA-256 where a puzzle is solved. */
const HASH_MS = 0.005
const ONE_WAY_MS = 1
const FRAME_BYTES = 1_500
const EXCHANGE_DEADLINE_MS = 10_000
const MAX_WAITING = 256
/** An honest source shows a cookie again for a little less long than it is good. */
const COOKIE_REUSE_MS = 100_000
const RETRY_MS = 200
/** Over quota, without a challenge. */
const REFUSED = new Error('refused')
const WARM_UP_MS = 10_000

/** A peer that asks, or makes others believe that it asks. */
interface Source {
  name: string
  id: Uint8Array
  caller: GateCaller
  callerId: Uint8Array
  isCaller: boolean
  cookie?: Uint8Array
  cookieAtMs: number
  bits: number
}

interface Frame {
  source: Source
  orderId: Uint8Array
  proof?: { cookie: Uint8Array, solution?: Uint8Array }
  isAttack: boolean
  answer: (error?: unknown) => void
}

/** What comes over one connection, in order: a source of frames that is read only when the gate says so. */
interface Pipe {
  caller: GateCaller
  frames: Frame[]
  isReading: boolean
}

export class SetUpFlood {
  readonly #scenario: FloodScenario
  readonly #server = new VirtualServer()
  readonly #gate: SetUpGate
  readonly #draw: () => number
  /** Of the honest alone, so that they do the same with and without a flood. */
  readonly #honestDraw: () => number
  readonly #neighbours: Asks = { asked: 0, latenciesMs: [] }
  readonly #behind: Asks = { asked: 0, latenciesMs: [] }
  readonly #forwarder = pipeOf({ peer: 'forwarder', prefix: '198.51.100.0/24', isForwarder: true })
  /** Of the forwarder, which has a gate too. */
  readonly #forwarderBuckets: CallerBuckets
  #forwarderWaiting = 0
  #offered = 0
  #checkedForAttackers = 0
  #peaks = { entries: 0, queued: 0, bits: 0 }
  #ids = 0

  constructor (scenario: FloodScenario) {
    this.#scenario = scenario
    const uint32 = seededUint32(scenario.seed)
    const honestUint32 = seededUint32(scenario.seed + 1)
    this.#draw = () => uint32() / 2 ** 32
    this.#honestDraw = () => honestUint32() / 2 ** 32
    const limits = { ...DEFAULT_SET_UP_LIMITS, ...scenario.limits }
    this.#forwarderBuckets = new CallerBuckets(limits)
    const { now, yieldTurn, startTimer } = this.#server
    this.#gate = new SetUpGate({ limits, now, yieldTurn, startTimer, random: bytes => Uint8Array.from({ length: bytes }, () => uint32() & 0xff) })
  }

  async run (): Promise<FloodOutcome> {
    const { floodMs } = this.#scenario
    this.#startHonest()
    await this.#server.runUntil(WARM_UP_MS)
    const busyBeforeMs = this.#server.busyMs
    this.#startAttack()
    await this.#server.runUntil(WARM_UP_MS + floodMs)
    const cpuShare = (this.#server.busyMs - busyBeforeMs) / floodMs
    await this.#server.runUntil(WARM_UP_MS + floodMs + EXCHANGE_DEADLINE_MS)
    return {
      honest: fateOf(this.#neighbours, this.#behind),
      neighbours: fateOf(this.#neighbours),
      behindForwarder: fateOf(this.#behind),
      offered: this.#offered,
      checkedForAttackers: this.#checkedForAttackers,
      cpuShare,
      peakEntries: this.#peaks.entries,
      peakQueued: this.#peaks.queued,
      peakBits: this.#peaks.bits,
      gate: this.#gate.status
    }
  }

  // ---- honest sources -----------------------------------------------------------

  #startHonest (): void {
    const { neighbours, behindForwarder, inAttackedPrefix = 0 } = this.#scenario.honest
    for (let i = 0; i < neighbours; i++) {
      this.#startSource(this.#neighbour(`honest-${i}`, i < inAttackedPrefix ? '10.0.0.0/24' : `192.0.${i}.0/24`))
    }
    for (let i = 0; i < behindForwarder; i++) {
      this.#startSource(this.#behindForwarder(`honest-behind-${i}`))
    }
  }

  #startSource (source: Source): void {
    const pipe = source.isCaller ? pipeOf(source.caller) : undefined
    const endMs = WARM_UP_MS + this.#scenario.floodMs
    const next = (fromMs: number): void => {
      const atMs = fromMs - Math.log(1 - this.#honestDraw()) * 1_000
      if (atMs < endMs) {
        this.#server.inWorld(atMs, nowMs => {
          this.#ask(source, pipe, nowMs)
          next(nowMs)
        })
      }
    }
    next(0)
  }

  #ask (source: Source, pipe: Pipe | undefined, beganMs: number): void {
    const isCounted = beganMs >= WARM_UP_MS
    const asks = source.isCaller ? this.#neighbours : this.#behind
    asks.asked += isCounted ? 1 : 0
    const attempt = (nowMs: number): void => {
      if (nowMs > beganMs + EXCHANGE_DEADLINE_MS) {
        return
      }
      if (nowMs - source.cookieAtMs > COOKIE_REUSE_MS) {
        source.cookie = undefined
      }
      const orderId = this.#newId()
      const { cookie } = source
      const { solution, hashes } = cookie === undefined ? { solution: undefined, hashes: 0 } : solve(cookie, orderId, source.bits)
      const frame: Frame = {
        source,
        orderId,
        proof: cookie === undefined ? undefined : { cookie, solution },
        isAttack: false,
        answer: error => {
          this.#server.inWorld(this.#server.now() + ONE_WAY_MS, heardMs => {
            if (error === undefined) {
              if (isCounted) {
                asks.latenciesMs.push(heardMs - beganMs)
              }
              return
            }
            const isTold = this.#heed(source, error, heardMs)
            this.#server.inWorld(heardMs + (isTold ? 0 : RETRY_MS), attempt)
          })
        }
      }
      this.#server.inWorld(nowMs + hashes * HASH_MS, sentMs => { this.#send(frame, pipe, sentMs) })
    }
    attempt(beganMs)
  }

  /** Whether the error says what would help. */
  #heed (source: Source, error: unknown, nowMs: number): boolean {
    if (!(error instanceof SetupFailedError) || error.challenge === undefined) {
      return false
    }
    source.cookie = error.challenge.cookie
    source.bits = error.challenge.bits
    source.cookieAtMs = nowMs
    return true
  }

  // ---- attackers ----------------------------------------------------------------

  #startAttack (): void {
    const { attackers, offeredPerSecond } = this.#scenario
    const count = attackers.neighbours + attackers.behindForwarder
    for (let i = 0; i < count; i++) {
      const prefix = `10.0.${Math.floor(i / attackers.perPrefix)}.0/24`
      const source = i < attackers.neighbours ? this.#neighbour(`attacker-${i}`, prefix) : this.#behindForwarder(`attacker-${i}`)
      this.#startAttacker(source, 1_000 * count / offeredPerSecond)
    }
  }

  /** Sends without an end; what is not read stays with the attacker, so no more than two frames need to be in the model. */
  #startAttacker (source: Source, intervalMs: number): void {
    const pipe = source.isCaller ? pipeOf(source.caller) : undefined
    const endMs = WARM_UP_MS + this.#scenario.floodMs
    const send = (nowMs: number): void => {
      if (nowMs < endMs) {
        this.#offered++
        if (this.#scenario.hasFreshIds === true) {
          const fresh = this.#neighbour(`${source.name}-${this.#ids}`, source.caller.prefix)
          this.#send(this.#attackFrame(fresh), pipeOf(fresh.caller), nowMs)
        } else if (pipe === undefined || pipe.frames.length < 2) {
          this.#sendWork(source, pipe, nowMs)
        }
        this.#server.inWorld(nowMs + intervalMs, send)
      }
    }
    this.#server.inWorld(WARM_UP_MS + this.#draw() * intervalMs, send)
  }

  /** At most one puzzle at a time. */
  #sendWork (source: Source, pipe: Pipe | undefined, nowMs: number): void {
    const { hashesPerSecond } = this.#scenario
    const frame = this.#attackFrame(source)
    if (hashesPerSecond === undefined || source.cookie === undefined || source.bits === 0) {
      this.#send(frame, pipe, nowMs)
      return
    }
    if (source.cookieAtMs > nowMs) {
      return
    }
    const { solution, hashes } = solve(source.cookie, frame.orderId, source.bits)
    frame.proof = { cookie: source.cookie, solution }
    // busy until then
    source.cookieAtMs = nowMs + hashes / hashesPerSecond * 1_000
    this.#server.inWorld(source.cookieAtMs, sentMs => { this.#send(frame, pipe, sentMs) })
  }

  #attackFrame (source: Source): Frame {
    return {
      source,
      orderId: this.#newId(),
      // a cookie of somebody else, or of another time
      proof: this.#draw() < 0.5 ? undefined : { cookie: new Uint8Array(20), solution: new Uint8Array(8) },
      isAttack: true,
      answer: error => {
        if (this.#scenario.hashesPerSecond !== undefined && error instanceof SetupFailedError && error.challenge !== undefined) {
          source.cookie = error.challenge.cookie
          source.bits = error.challenge.bits
        }
      }
    }
  }

  // ---- the way to the server --------------------------------------------------------

  #send (frame: Frame, pipe: Pipe | undefined, nowMs: number): void {
    this.#server.inWorld(nowMs + (pipe === undefined ? ONE_WAY_MS / 2 : ONE_WAY_MS), atMs => {
      if (pipe === undefined) {
        this.#atForwarder(frame, atMs)
      } else {
        this.#arrive(pipe, frame, atMs)
      }
    })
  }

  /** An honest forwarder has the same buckets for its own callers, and a bound on what it lets wait for the next one. */
  #atForwarder (frame: Frame, nowMs: number): void {
    const { name } = frame.source
    const waitMs = this.#forwarderBuckets.admit({ peer: name, prefix: name, isForwarder: false }, FRAME_BYTES, nowMs)
    if (waitMs > 0 && !frame.isAttack) {
      this.#server.inWorld(nowMs + waitMs, laterMs => { this.#atForwarder(frame, laterMs) })
    } else if (waitMs === 0 && this.#forwarderWaiting < MAX_WAITING) {
      this.#forwarderWaiting++
      const { answer } = frame
      const passed = { ...frame, answer: (error?: unknown) => { this.#forwarderWaiting--; answer(error) } }
      this.#server.inWorld(nowMs + ONE_WAY_MS / 2, atMs => { this.#arrive(this.#forwarder, passed, atMs) })
    } else {
      frame.answer(REFUSED)
    }
  }

  #arrive (pipe: Pipe, frame: Frame, nowMs: number): void {
    pipe.frames.push(frame)
    if (!pipe.isReading) {
      pipe.isReading = true
      this.#server.onServer(nowMs, () => { this.#read(pipe) })
    }
  }

  // ---- the server ---------------------------------------------------------------

  #read (pipe: Pipe): void {
    const frame = pipe.frames[0]
    this.#server.spend(COST.refusedFrame)
    const waitMs = this.#gate.admit(pipe.caller, FRAME_BYTES)
    if (waitMs > 0) {
      this.#server.startTimer(() => { this.#read(pipe) }, waitMs)
      return
    }
    pipe.frames.shift()
    if (waitMs < 0) {
      frame.answer(REFUSED)
    } else {
      void this.#serve(pipe, frame)
    }
    pipe.isReading = pipe.frames.length > 0
    if (pipe.isReading) {
      this.#server.onServer(this.#server.now(), () => { this.#read(pipe) })
    }
  }

  async #serve ({ caller }: Pipe, { source, orderId, proof, isAttack, answer }: Frame): Promise<void> {
    this.#server.hasPromises()
    this.#server.spend(COST.decodedFrame)
    const challenged = { source: source.id, caller: source.callerId, index: 1 }
    try {
      const effort = this.#gate.demand({ ...challenged, isCaller: source.isCaller, orderId, proof })
      const checked = this.#gate.verify({ caller, source: source.name, effort, challenged }, () => {
        this.#server.spend(COST.check)
        this.#checkedForAttackers += isAttack ? 1 : 0
      })
      this.#watch()
      await checked
      answer()
    } catch (error) {
      answer(error)
    }
  }

  #watch (): void {
    const { tableEntries, queued, bits } = this.#gate.status
    const { entries, queued: mostQueued, bits: mostBits } = this.#peaks
    this.#peaks = { entries: Math.max(entries, tableEntries), queued: Math.max(mostQueued, queued), bits: Math.max(mostBits, bits) }
  }

  // ---- names ----------------------------------------------------------------------

  #neighbour (name: string, prefix: string): Source {
    const id = this.#newId()
    return { name, id, caller: { peer: name, prefix, isForwarder: false }, callerId: id, isCaller: true, cookieAtMs: 0, bits: 0 }
  }

  #behindForwarder (name: string): Source {
    return { name, id: this.#newId(), caller: this.#forwarder.caller, callerId: new Uint8Array(16), isCaller: false, cookieAtMs: 0, bits: 0 }
  }

  #newId (): Uint8Array {
    const id = new Uint8Array(16)
    const number = ++this.#ids
    for (let i = 0; i < 4; i++) {
      id[i] = number >>> (8 * i)
    }
    return id
  }
}

function pipeOf (caller: GateCaller): Pipe {
  return { caller, frames: [], isReading: false }
}

function solve (cookie: Uint8Array, orderId: Uint8Array, bits: number): { solution: Uint8Array, hashes: number } {
  assert.ok(bits <= 12, 'the model has no time for more')
  const solution = new Uint8Array(8)
  const view = new DataView(solution.buffer)
  let hashes = 0
  while (bits > 0 && effortOf(cookie, orderId, solution) < bits) {
    view.setUint32(4, ++hashes)
  }
  return { solution, hashes }
}
