import assert from 'node:assert/strict'
import { BreachRecord } from '../../../src/rsp/exchange/breach-record.ts'

describe('a rival that breaks the rules', () => {
  it('is left alone for a minute, then two, four, up to an hour', () => {
    const record = new BreachRecord()
    assert.deepEqual(Array.from({ length: 8 }, () => record.breach() / 60_000), [1, 2, 4, 8, 16, 32, 60, 60])
  })

  it('regression: makes up for a breach by 200 good batches in a row', () => {
    const record = new BreachRecord()
    const good = (batches: number): void => { Array.from({ length: batches }, () => { record.good() }) }
    record.breach()
    good(199)
    record.breach()
    good(199)
    assert.equal(record.breaches, 2, 'they are counted anew from each breach on')
    good(1)
    assert.equal(record.breaches, 1)
    good(400)
    assert.equal(record.breaches, 0)
    assert.equal(record.breach(), 60_000)
  })
})
