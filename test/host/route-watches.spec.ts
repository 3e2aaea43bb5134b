import assert from 'node:assert/strict'
import { RouteWatches } from '../../src/host/route-watches.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { settled } from '../helpers/virtual-overlay.ts'
import type { RouteWatchesInit } from '../../src/host/route-watches.ts'
import type { WatchAnswer } from '../../protocols/route/watch.ts'
import type { PeerId } from '@libp2p/interface'

const [RSP, OTHER, THIRD, F, G] = await Promise.all([1, 2, 3, 4, 5].map(peerOf))

interface Asked {
  rsp: PeerId
  present: string
  lifetimeMs: number
  signal: AbortSignal
  answer: (event: WatchAnswer['event'] | Error) => void
}

describe('route watches', () => {
  let asked: Asked[]
  let told: string[]
  let timers: Array<{ run: () => void, delayMs: number }>
  let watches: RouteWatches
  let nowMs: number
  let released: PeerId[]

  const watch: RouteWatchesInit['watch'] = async (rsp, { present, lifetimeMs }, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<WatchAnswer>()
    const answer = (event: WatchAnswer['event'] | Error): void => {
      if (event instanceof Error) {
        reject(event)
      } else {
        resolve({ event, change: 0 })
      }
    }
    asked.push({ rsp, present: present.map(String).join(), lifetimeMs, signal, answer })
    return promise
  }
  const live = (): Asked[] => asked.filter(({ signal }) => !signal.aborted)

  beforeEach(() => {
    asked = []
    told = []
    timers = []
    nowMs = 1_000
    released = []
    watches = new RouteWatches({
      number: 7,
      watch,
      onTold: ({ event }) => { told.push(event) },
      release: (rsp) => { released.push(rsp) },
      now: () => nowMs,
      startTimer: (run, delayMs) => {
        const timer = { run, delayMs }
        timers.push(timer)
        return () => { timers = timers.filter((other) => other !== timer) }
      }
    })
  })

  it('asks the two best RSPs to tell of something better than the path in use', () => {
    watches.set([RSP, OTHER, THIRD], [F])
    assert.deepEqual(asked.map(({ rsp, present }) => [rsp, present]), [[RSP, F.toString()], [OTHER, F.toString()]])
  })

  it('passes on what it is told, and asks again after a while', async () => {
    watches.set([RSP], [F])
    asked[0].answer('better')
    await settled()
    assert.deepEqual([told, asked.length, timers.map(({ delayMs }) => delayMs)], [['better'], 1, [2_000]])
    timers[0].run()
    assert.equal(asked.length, 2)
  })

  it('asks again at once where nothing has happened in a watch\'s life', async () => {
    watches.set([RSP], [F])
    nowMs += 60_000
    asked[0].answer('ended')
    await settled()
    assert.deepEqual([told, asked.length, timers], [[], 2, []])
  })

  it('regression: lets an RSP that ends watches before their time wait longer and longer', async () => {
    watches.set([RSP], [F])
    const waited: number[] = []
    for (let round = 0; round < 3; round++) {
      nowMs += 30_000
      asked[round].answer('ended')
      await settled()
      assert.equal(asked.length, round + 1)
      waited.push(timers[0].delayMs)
      timers.splice(0)[0].run()
    }
    assert.deepEqual([told, waited], [[], [2_000, 4_000, 8_000]])
  })

  it('lets an RSP that cries wolf, or cannot be asked, wait longer and longer', async () => {
    watches.set([RSP], [F])
    const waited: number[] = []
    for (let round = 0; round < 7; round++) {
      asked[asked.length - 1].answer(round % 2 === 0 ? 'failed' : new Error('no connection'))
      await settled()
      waited.push(timers[timers.length - 1].delayMs)
      timers.splice(0)[0].run()
    }
    assert.deepEqual(waited, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('watches the path that the channel takes now', async () => {
    watches.set([RSP], [F])
    watches.set([RSP], [G])
    assert.deepEqual(live().map(({ present }) => present), [G.toString()])
    asked[0].answer('ended')
    await settled()
    assert.equal(live().length, 1)
  })

  it('leaves what is as it was alone', () => {
    watches.set([RSP, OTHER], [F])
    watches.set([OTHER, RSP], [F])
    assert.equal(asked.length, 2)
  })

  it('ends the watches of RSPs that offer nothing any more, and all at its own end', async () => {
    watches.set([RSP, OTHER], [F])
    watches.set([OTHER], [F])
    assert.deepEqual(live().map(({ rsp }) => rsp), [OTHER])
    assert.deepEqual([released, asked.length], [[RSP], 2])
    watches.close()
    asked[1].answer('better')
    await settled()
    assert.deepEqual([live(), told, timers], [[], [], []])
    watches.set([RSP], [F])
    assert.equal(live().length, 0)
  })
})
