import assert from 'node:assert/strict'
import { SharedBucket } from '../../src/defence/shared-bucket.ts'

describe('shared bucket', () => {
  let bucket: SharedBucket

  beforeEach(() => {
    bucket = new SharedBucket({ ratePerSecond: 20, burst: 100, ownPerSecond: 5, ownBurst: 10, maxNames: 16, nowMs: 0 })
  })

  const taken = (name: string, times: number, nowMs = 0): number => Array.from({ length: times }, () => bucket.take(name, 1, nowMs)).filter(Boolean).length

  it('gives nobody more than its share, and takes nothing from the others for what it refuses', () => {
    assert.equal(taken('loud', 1_000), 10)
    assert.equal(taken('one', 20), 10)
    assert.equal(taken('loud', 1_000, 1_000), 5)
  })

  it('gives all of them no more than there is', () => {
    const names = Array.from({ length: 14 }, (_, number) => `name ${number}`)
    assert.equal(names.reduce((sum, name) => sum + taken(name, 10), 0), 100)
  })

  it('takes back what was not used, and holds no more than the burst for that', () => {
    assert.equal(taken('one', 20), 10)
    bucket.give('one', 4, 0)
    assert.equal(taken('one', 20), 4)
    bucket.give('one', 1_000, 0)
    assert.equal(taken('one', 20), 10)
    bucket.give('nobody', 1_000, 0)
    assert.equal(taken('nobody', 20), 10)
  })

  it('takes an amount whole or not at all', () => {
    assert.equal(bucket.take('one', 11, 0), false)
    assert.equal(bucket.take('one', 10, 0), true)
    assert.equal(bucket.take('one', 1, 0), false)
  })

  it('remembers so many names, and none that was refused', () => {
    for (let number = 0; number < 1_000; number++) {
      bucket.take(`refused ${number}`, 11, 0)
    }
    assert.equal(bucket.names, 0)
    for (let number = 0; number < 1_000; number++) {
      bucket.take(`name ${number}`, 1, number * 1_000)
    }
    assert.ok(bucket.names <= 16)
  })
})
