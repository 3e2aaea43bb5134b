import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ProviderScore } from '../../src/host/provider-score.ts'
import { ScoreBoard } from '../../src/host/score-board.ts'
import { readScores } from '../../src/host/score-record.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { SILENT, settled } from '../helpers/virtual-overlay.ts'
import type { KeptScores } from '../../src/host/score-record.ts'
import type { ScoreStore } from '../../src/host/score-board.ts'

const PEERS = await Promise.all(Array.from({ length: 8 }, async (_, i) => peerOf(i + 1)))
const BROKEN = { rttMs: { promised: 20, margin: 1, measured: 80 }, weight: 1, isTaken: true }

/** A store whose content and failures a test decides. */
class MemoryStore implements ScoreStore {
  text: string | undefined
  saves = 0
  isBroken = false
  readonly complaints: string[] = []

  async load (): Promise<unknown> {
    return this.text === undefined ? undefined : JSON.parse(this.text)
  }

  async save (scores: KeptScores): Promise<void> {
    if (this.isBroken) throw new Error('the disk is full')
    this.saves++
    this.text = JSON.stringify(scores)
  }

  complain (reason: string, what: string): void {
    this.complaints.push(`${what}: ${reason}`)
  }
}

function boardOn (store?: ScoreStore, maxProviders?: number): ScoreBoard {
  return new ScoreBoard({ store, now: () => NOW_MS, log: SILENT, maxProviders })
}

async function saved (): Promise<MemoryStore> {
  const store = new MemoryStore()
  const board = boardOn(store)
  board.change(PEERS[0], (score, nowMs) => { score.judge(BROKEN, nowMs) })
  board.change(PEERS[1], (score, nowMs) => { score.answered(12, 250_000, nowMs) })
  await board.flush()
  return store
}

describe('scores of all RSPs', () => {
  it('are the same after a restart', async () => {
    const store = await saved()
    const before = boardOn(store)
    await before.load()
    assert.deepEqual(before.list.map(({ rsp, broken, priceMicro }) => [rsp, broken, priceMicro]), [[PEERS[0].toString(), 1, null], [PEERS[1].toString(), 0, 250_000]])
    assert.deepEqual(store.complaints, [])
  })

  const spoilt: Array<{ title: string, spoil: (text: string) => string }> = [
    { title: 'is cut off', spoil: (text) => text.slice(0, -10) },
    { title: 'is of another version', spoil: (text) => text.replace('"version":1', '"version":2') },
    { title: 'is a list', spoil: () => '[]' },
    { title: 'is nothing', spoil: () => 'null' }
  ]
  for (const { title, spoil } of spoilt) {
    it(`begin anew with one complaint when what was kept ${title}, and are kept again`, async () => {
      const store = await saved()
      store.text = spoil(store.text as string)
      const board = boardOn(store)
      await board.load()
      assert.deepEqual(board.list, [])
      assert.equal(store.complaints.length, 1)
      board.change(PEERS[2], (score, nowMs) => { score.failed(nowMs) })
      await board.flush()
      const again = boardOn(store)
      await again.load()
      assert.deepEqual(again.list.map(({ rsp }) => rsp), [PEERS[2].toString()])
    })
  }

  const spoiltOfOne: Array<{ title: string, spoil: (text: string) => string }> = [
    { title: 'is of something that is no peer', spoil: (text) => text.replace(PEERS[0].toString(), '__proto__') },
    { title: 'holds a text where a number belongs', spoil: (text) => text.replace('"broken":1', '"broken":"1"') },
    { title: 'holds no finite number', spoil: (text) => text.replace('"broken":1', '"broken":1e999') },
    { title: 'holds a price beyond all prices', spoil: (text) => text.replace('"priceMicro":null', '"priceMicro":18446744073709551615') },
    { title: 'lacks a field', spoil: (text) => text.replace('"answered"', '"asked"') }
  ]
  for (const { title, spoil } of spoiltOfOne) {
    it(`regression: lose no more than one record when that ${title}, with one complaint`, async () => {
      const store = await saved()
      store.text = spoil(store.text as string)
      const board = boardOn(store)
      await board.load()
      assert.deepEqual(board.list.map(({ rsp }) => rsp), [PEERS[1].toString()])
      assert.equal(store.complaints.length, 1)
    })
  }

  it('are read from anything, and what is no record costs only itself', () => {
    const good = new ProviderScore().record
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const errors: Error[] = []
      const read = readScores({ version: 1, scores: { [PEERS[0].toString()]: value, [PEERS[1].toString()]: good } }, NOW_MS, (error) => { errors.push(error) })
      assert.deepEqual(read[PEERS[1].toString()], good)
      assert.deepEqual([errors.map(({ name }) => name), Object.keys(read).length], [['UnreadableScoresError'], 1])
    }))
  })

  it('take times from the future for now', async () => {
    const store = await saved()
    store.text = store.text?.replaceAll(String(NOW_MS), String(NOW_MS + 1e9))
    const board = boardOn(store)
    await board.load()
    assert.deepEqual(board.list.map(({ seenAtMs }) => seenAtMs), [NOW_MS, NOW_MS])
  })

  it('are saved when they change, some seconds apart, and at the end', async () => {
    const store = new MemoryStore()
    const board = boardOn(store)
    board.tick(0)
    await board.flush()
    assert.equal(store.saves, 0)
    for (let nowMs = 0; nowMs <= 31_000; nowMs += 1_000) {
      board.change(PEERS[0], (score) => { score.failed(NOW_MS) })
      board.tick(nowMs)
      await settled()
    }
    await board.flush()
    assert.equal(store.saves, 4)
  })

  it('are saved later when they could not be saved', async () => {
    const store = new MemoryStore()
    const board = boardOn(store)
    store.isBroken = true
    board.change(PEERS[0], (score, nowMs) => { score.failed(nowMs) })
    await board.flush()
    store.isBroken = false
    await board.flush()
    assert.equal(store.saves, 1)
  })

  it('regression: say once that they cannot be saved, and again only after they could', async () => {
    const store = new MemoryStore()
    const board = boardOn(store)
    for (const isBroken of [true, true, false, true, true]) {
      store.isBroken = isBroken
      board.change(PEERS[0], (score, nowMs) => { score.failed(nowMs) })
      await board.flush()
    }
    assert.deepEqual(store.complaints, ['save: the disk is full', 'save: the disk is full'])
  })

  it('are bounded, and strangers push out strangers before they push out who is known', () => {
    const board = boardOn(undefined, 3)
    board.change(PEERS[0], (score, nowMs) => { score.judge(BROKEN, nowMs); score.judge(BROKEN, nowMs) })
    for (const peer of PEERS.slice(1)) {
      board.change(peer, (score, nowMs) => { score.answered(5, 0, nowMs) })
    }
    assert.deepEqual(board.list.map(({ rsp }) => rsp), [PEERS[0], PEERS[6], PEERS[7]].map(String))
  })

  it('are counted by what is thought of the RSPs', () => {
    const board = boardOn()
    board.change(PEERS[0], (score, nowMs) => { score.judge(BROKEN, nowMs); score.judge(BROKEN, nowMs) })
    board.change(PEERS[1], (score, nowMs) => { score.judge({ ...BROKEN, rttMs: { promised: 80, margin: 1, measured: 80 } }, nowMs) })
    board.change(PEERS[2], (score, nowMs) => { score.answered(5, 0, nowMs) })
    assert.deepEqual(board.standings, { trusted: 1, new: 1, failing: 0, distrusted: 1 })
  })

  it('of strangers are not kept for having been looked at', () => {
    const board = boardOn()
    board.of(PEERS[0]).failed(NOW_MS)
    assert.deepEqual(board.list, [])
  })
})
