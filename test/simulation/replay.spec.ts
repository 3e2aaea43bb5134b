import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkMeter, countRows, loadSlice, shuffledRows } from '../../src/simulation/replay.ts'

describe('a replay of latencies', () => {
  describe('numbering of the rows', () => {
    it('is a permutation, the same for the same seed, another for another', () => {
      const rows = shuffledRows(50, 1)
      assert.deepEqual(rows.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, row) => row))
      assert.deepEqual(rows, shuffledRows(50, 1))
      assert.notDeepEqual(rows, shuffledRows(50, 2))
    })

    it('takes so many different rows where it is told how many, from anywhere', () => {
      const rows = shuffledRows(50, 1, 20)
      assert.equal(new Set(rows).size, 20)
      assert.ok(rows.some((row) => row >= 30))
    })
  })

  describe('slices', () => {
    let folder: string
    let file: string

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'byway-replay-'))
      file = join(folder, 'slice')
      await writeFile(file, '0 1 2\n3 0 5\n6 7 0\n')
    })
    after(async () => { await rm(folder, { recursive: true }) })

    it('are numbered anew, and may be of some nodes only', async () => {
      assert.equal(await countRows(file), 3)
      assert.deepEqual((await loadSlice(file, 3, [2, 0, 1])).rttMs, Float64Array.of(0, 6, 7, 2, 0, 1, 5, 3, 0))
      assert.deepEqual((await loadSlice(file, 3, [2, 0], 1_000)).rttMs, Float64Array.of(0, 6_000, 2_000, 0))
      assert.deepEqual(await loadSlice(file, 3, [2, 0]), { size: 2, rttMs: Float64Array.of(0, 6, 2, 0) })
    })

    it('are refused with another number of rows than the first, with the name of the file', async () => {
      await assert.rejects(loadSlice(file, 4, [0, 1]), { name: 'SliceSizeError', file, message: /3 rows where the first slice has 4/ })
    })
  })

  describe('the meter', () => {
    const slice = { size: 3, rttMs: Float64Array.of(0, 10, 20, 30, 0, 40, 50, 60, 0) }

    it('shows the mean of both directions', () => {
      assert.deepEqual(new LinkMeter(slice, 1).measure(2, 0), { a: 2, b: 0, rttMs: 35 })
    })

    it('lets no more links be seen than the budget allows, and a second look from either end is free', () => {
      const meter = new LinkMeter(slice, 2)
      meter.measure(0, 1)
      meter.measure(1, 2)
      assert.equal(meter.measure(1, 0).rttMs, 20)
      assert.throws(() => meter.measure(0, 2), { name: 'BudgetExceededError', budgetLinks: 2 })
      assert.deepEqual(meter.measured.map(({ a, b }) => [a, b]), [[0, 1], [1, 2]])
    })

    for (const [a, b] of [[0, 0], [0, 3], [-1, 0], [0.5, 1], [Number.NaN, 1]]) {
      it(`knows no link from ${a} to ${b}`, () => {
        assert.throws(() => new LinkMeter(slice, 3).measure(a, b), RangeError)
      })
    }
  })
})
