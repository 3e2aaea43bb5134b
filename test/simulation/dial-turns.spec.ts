import assert from 'node:assert/strict'
import { DialTurns } from '../../src/simulation/dial-turns.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'

const RTT_MS = 100

/** Connections to a machine that can do so many handshakes a second, however many are begun: each gets its share of the processor. */
class Machine {
  readonly timers = new VirtualTimers()
  readonly turns = new DialTurns(this.timers)
  begun = 0
  done = 0
  most = 0
  readonly #perSecond: number
  readonly #left = new Map<() => void, number>()

  constructor (perSecond: number) {
    this.#perSecond = perSecond
  }

  dial (signal?: AbortSignal): Promise<void> {
    return this.turns.run(RTT_MS, async () => new Promise<void>((resolve) => {
      this.begun++
      this.#left.set(resolve, 1)
      this.most = Math.max(this.most, this.#left.size)
    }), signal).then(() => { this.done++ })
  }

  async run (forMs: number): Promise<void> {
    for (let ms = 0; ms < forMs; ms += 10) {
      this.timers.advance(10)
      const share = this.#perSecond / 100 / Math.max(1, this.#left.size)
      for (const [resolve, left] of [...this.#left]) {
        this.#left.set(resolve, left - share)
        if (left <= share) {
          this.#left.delete(resolve)
          resolve()
        }
      }
      for (let turn = 0; turn < 8; turn++) {
        await Promise.resolve()
      }
    }
  }
}

describe('dial turns', () => {
  it('let ever more begin at once while none is late', async () => {
    const machine = new Machine(1_000)
    for (let dial = 0; dial < 300; dial++) {
      void machine.dial()
    }
    await machine.run(600)
    assert.equal(machine.done, 300)
    assert.ok(machine.most > 64, `${machine.most} at once`)
  })

  it('let fewer begin where they are late, so that each is finished before who dials gives up', async () => {
    const machine = new Machine(20)
    for (let dial = 0; dial < 200; dial++) {
      void machine.dial()
    }
    await machine.run(3_000)
    machine.most = 0
    await machine.run(9_000)
    assert.ok(machine.most <= 60, `${machine.most} at once, of which none ends within three seconds`)
    assert.equal(machine.done, 200)
  })

  it('let others begin when nobody answers', async () => {
    const machine = new Machine(0)
    for (let dial = 0; dial < 40; dial++) {
      void machine.dial()
    }
    await machine.run(500)
    assert.equal(machine.begun, 16)
    await machine.run(20_000)
    assert.equal(machine.begun, 40)
  })

  it('begin nothing that was given up while it waited', async () => {
    const machine = new Machine(0)
    const gone = new AbortController()
    const waiting = Array.from({ length: 40 }, async () => machine.dial(gone.signal))
    await machine.run(100)
    gone.abort(new Error('enough'))
    const given = await Promise.allSettled(waiting.slice(16))
    assert.ok(given.every((result) => result.status === 'rejected' && (result.reason as Error).message === 'enough'))
    await machine.run(20_000)
    assert.equal(machine.begun, 16)
  })

  it('throw what connecting throws, and go on', async () => {
    const turns = new DialTurns(new VirtualTimers())
    for (let dial = 0; dial < 200; dial++) {
      await assert.rejects(turns.run(RTT_MS, async () => { throw new Error('refused') }), { message: 'refused' })
    }
  })
})
