// A hundred thousand forgeries at the real code of a forwarder and of a destination: none is accepted, and each is refused for its
// own reason.
import assert from 'node:assert/strict'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { BywayError } from '../../protocols/errors.ts'
import { MessageType } from '../../protocols/setup/constants.ts'
import { installOf } from './attack-samples.ts'
import { ForgeryScene } from './forgery-scene.ts'
import { alteredPaths, anothersSource, notTakenHere, otherSalts, outOfTime, replayed, stolenCookies, stolenLabels, wrongKeys } from './forgery-kinds.ts'
import type { Attempt, Kind } from './forgery-kinds.ts'
import type { Block } from './attack-samples.ts'

const ATTEMPTS = 100_000
const KINDS = 10

describe('100,000 forged installs', function () {
  this.timeout(60_000)

  let scene: ForgeryScene
  const figures: string[] = []
  let total = 0
  let accepted = 0
  let startedMs: number
  /** For the forwarder under load: valid orders of the source, its cookie for F1, and what others have. */
  let busyBlocks: Block[]
  let mine: Uint8Array
  let others: Uint8Array[]

  before(async () => {
    startedMs = performance.now()
    scene = await ForgeryScene.create()
    const { f, busy, peers, keys, busyOne, busyOther } = scene
    const toBusy = async (first: number, forwarder: number, source: 'source' | 'other'): Promise<Block[]> => scene.blocksOf(await scene.batch({
      source: peers[source],
      over: Array.from({ length: 24 }, () => [f[first].peer, busy[forwarder].peer, f[2].peer])
    }), keys[source])
    const old = await scene.challengeAt(busyOne, (await toBusy(0, 0, 'source'))[0], f[0].peer)
    scene.overlay.timers.advance(121_000)
    busyBlocks = await toBusy(0, 0, 'source')
    mine = await scene.challengeAt(busyOne, busyBlocks[0], f[0].peer)
    others = [
      old,
      await scene.challengeAt(busyOne, (await toBusy(0, 0, 'other'))[0], f[0].peer),
      await scene.challengeAt(busyOne, (await toBusy(3, 0, 'source'))[0], f[3].peer),
      await scene.challengeAt(busyOther, (await toBusy(0, 1, 'source'))[0], f[0].peer)
    ]
    await scene.prepare()
    for (const block of scene.used) {
      await scene.use(block)
    }
  })

  after(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1_000)
    console.log(`    ${total.toLocaleString('en')} forged installs: ${accepted} accepted (${figures.join(', ')}), ${seconds} s`)
  })

  /** Also what answers as if it were done has to change nothing: the state is compared. */
  async function attack ({ name, attempt }: Kind, count = ATTEMPTS / KINDS): Promise<void> {
    const before = scene.state()
    for (let i = 0; i < count; i++) {
      const tried = attempt(i)
      const error = await refusalOf(tried)
      total++
      if (error === undefined ? tried.code !== undefined : !(error instanceof BywayError) || error.code !== tried.code) {
        accepted += error === undefined ? 1 : 0
        assert.fail(`${name}, attempt ${i}: ${error instanceof Error ? error.message : 'accepted'} instead of ${tried.code}`)
      }
      if (tried.isChallenged === true) {
        assert.ok(error instanceof SetupFailedError && error.challenge !== undefined)
      }
    }
    assert.deepEqual(scene.state(), before)
    figures.push(`${name} ${count.toLocaleString('en')}`)
  }

  it('with a wrong key are refused: INVALID_SIGNATURE', async () => { await attack(await wrongKeys(scene)) })

  it('for another\'s source are refused: NOT_AUTHORIZED', async () => { await attack(await anothersSource(scene)) })

  it('with an altered path are refused: INVALID_SIGNATURE, or MALFORMED where the order is for another place', async () => { await attack(await alteredPaths(scene)) })

  it('with salts that open other commitments are refused: NOT_AUTHORIZED', async () => { await attack(otherSalts(scene)) })

  it('outside the time of order or offer are refused: EXPIRED', async () => { await attack(await outOfTime(scene)) })

  it('under an RSP that is not listed, or revoked, are refused: NOT_AUTHORIZED', async () => { await attack(await notTakenHere(scene)) })

  it('under load with a cookie of another source, caller, node or time are refused with a challenge', async () => {
    await attack(stolenCookies(scene, { mine, others }, busyBlocks))
  })

  it('with labels, order ids and chain values of others do nothing', async () => { await attack(stolenLabels(scene)) })

  it('that were seen before are refused at once: NOT_AUTHORIZED', async () => { await attack(replayed(scene, 'replayed at once')) })

  it('that were seen before are refused when the entry has gone: NOT_AUTHORIZED', async () => {
    await scene.overlay.advance(11_000)
    scene.ends.expire(scene.overlay.timers.nowMs)
    await attack(replayed(scene, 'replayed later'))
  })

  it('differ from what is accepted by nothing else', async () => {
    const { f, blocks, f2, d, busyOne } = scene
    const request = (body: Uint8Array): Parameters<typeof f2>[0] => ({ type: MessageType.install, body })
    const sizes = [f[1].table.size, scene.ends.size, scene.busy[0].table.size]
    for (const block of blocks) {
      await f2(request(installOf(block, 1)), f[0].peer)
      await d(request(installOf(block, 3)), f[2].peer)
    }
    for (const block of busyBlocks) {
      await busyOne(request(installOf(block, 1, { proofs: [{ index: 1, cookie: mine }] })), f[0].peer)
    }
    assert.deepEqual([f[1].table.size, scene.ends.size, scene.busy[0].table.size], [sizes[0] + blocks.length, sizes[1] + blocks.length, sizes[2] + busyBlocks.length])
  })
})

async function refusalOf ({ to, type = MessageType.install, body, caller }: Attempt): Promise<unknown> {
  try {
    await to({ type, body }, caller)
    return undefined
  } catch (error) {
    return error
  }
}
