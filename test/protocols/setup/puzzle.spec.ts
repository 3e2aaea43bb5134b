import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { DeadlineError } from '../../../protocols/errors.ts'
import { effortOf, leadingZeroBits, solvePuzzle } from '../../../protocols/setup/puzzle.ts'
import { COOKIE, SIGNED, SOLUTION } from './install-samples.ts'

describe('protocols/setup/puzzle', () => {
  const counts: Array<[number[], number]> = [[[0x80], 0], [[0x7f], 1], [[0x01, 0xff], 7], [[0x00, 0xff], 8], [[0x00, 0x10], 11], [[0, 0, 0], 24], [[], 0]]
  for (const [bytes, bits] of counts) {
    it(`counts ${bits} zero bits before the first one of [${bytes.join(', ')}]`, () => {
      assert.equal(leadingZeroBits(Uint8Array.from(bytes)), bits)
    })
  }

  it('measures effort by the hash of domain, cookie, order id and solution', () => {
    const hash = sha256(concat([fromString('byway-setup-puzzle:'), COOKIE, SIGNED.id, SOLUTION]))
    assert.equal(effortOf(COOKIE, SIGNED.id, SOLUTION), leadingZeroBits(hash))
  })

  for (const bits of [0, 1, 8, 13]) {
    it(`finds 8 bytes that show an effort of ${bits} bits`, async () => {
      const solution = await solvePuzzle(COOKIE, SIGNED.id, bits)
      assert.equal(solution.length, 8)
      assert.ok(effortOf(COOKIE, SIGNED.id, solution) >= bits)
    })
  }

  it('counts beyond one byte when it tries', async () => {
    const solution = await solvePuzzle(COOKIE, SIGNED.id, 13)
    assert.ok(new DataView(solution.buffer).getBigUint64(0) > 255n)
  })

  it('is worth little for another cookie or another order', async () => {
    const solution = await solvePuzzle(COOKIE, SIGNED.id, 12)
    const efforts = [effortOf(COOKIE.toReversed(), SIGNED.id, solution), effortOf(COOKIE, SIGNED.id.toReversed(), solution)]
    assert.ok(efforts.every(effort => effort < 12), String(efforts))
  })

  for (const bits of [19, 256, -1, 0.5, Number.NaN]) {
    it(`refuses to work for ${bits} bits`, async () => {
      await assert.rejects(solvePuzzle(COOKIE, SIGNED.id, bits), { name: 'OverQuotaError', message: /asks for too much/ })
    })
  }

  it('lets the event loop run between slices', async () => {
    let ticks = 0
    const timer = setInterval(() => { ticks++ }, 0)
    let nowMs = 0
    const now = (): number => nowMs++ // so that each slice ends at its first look at the clock
    await solvePuzzle(COOKIE, SIGNED.id, 13, { sliceMs: 0, now })
    clearInterval(timer)
    assert.ok(ticks > 1)
  })

  it('stops when it is cancelled', async () => {
    const controller = new AbortController()
    const solving = solvePuzzle(COOKIE, SIGNED.id, 18, { signal: controller.signal, sliceMs: 0 })
    controller.abort()
    await assert.rejects(solving, { name: 'CancelledError' })
  })

  it('stops with the reason of a deadline', async () => {
    const signal = AbortSignal.abort(new DeadlineError('no answer'))
    await assert.rejects(solvePuzzle(COOKIE, SIGNED.id, 1, { signal }), { name: 'DeadlineError' })
  })
})
