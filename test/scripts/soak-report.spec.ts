import assert from 'node:assert/strict'
import { reportOf } from '../../scripts/bench/soak/soak-report.ts'
import type { Course } from '../../scripts/bench/soak/soak-course.ts'

const MINUTE_MS = 60_000

/** Half an hour of a process that holds so many bytes in each minute. */
function course (heldBytes: (minute: number) => number): Course {
  const samples = Array.from({ length: 31 }, (_, minute) => ({ atMs: minute * MINUTE_MS, heldBytes: heldBytes(minute), heapBytes: 0, externalBytes: 0, arrayBufferBytes: 0, codeBytes: 0, rssBytes: 0 }))
  const observation = { samples, work: { 'forwarder.installed': 1 }, uncaught: [] }
  return { observations: new Map([['forwarder', observation]]), visits: {}, victims: 0, churnedMs: 30 * MINUTE_MS, restedMs: 0, wasInterrupted: false }
}

describe('the report of a soak test', () => {
  it('tells what levels off from what goes on, by the slope of each third', () => {
    const levels = reportOf(course((minute) => 100_000 * Math.min(minute, 10))).processes.forwarder
    assert.deepEqual(levels.slopesByThird, [6, 0, 0])
    const leaks = reportOf(course((minute) => 100_000 * minute)).processes.forwarder
    assert.deepEqual(leaks.slopesByThird, [6, 6, 6])
  })

  it('fails what grows by more than 2 MB an hour, and nothing that does not', () => {
    assert.deepEqual(reportOf(course((minute) => 40_000 * minute)).processes.forwarder.failures, ['grows by 2.4 MB/h'])
    const { ok, processes } = reportOf(course((minute) => 30_000 * minute))
    assert.deepEqual([ok, processes.forwarder.failures], [true, []])
  })
})
