import assert from 'node:assert/strict'
import { EndLabels } from '../../src/link/end-labels.ts'
import { wayUnder } from '../../src/link/way.ts'
import { nodeOf } from '../protocols/forward/samples.ts'
import type { EndLabel } from '../../src/link/end-labels.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'

const [A, B] = [nodeOf(1), nodeOf(2)]

describe('labels of paths that end at a node', () => {
  const give = (labels: EndLabels, neighbour: NodeId = A, expiresAtMs = 1_000): EndLabel => {
    const end = labels.give({ neighbour, isDestination: true, expiresAtMs })
    assert.ok(end !== undefined)
    return end
  }

  it('are found by slot and check, from the neighbour that has them', () => {
    const labels = new EndLabels()
    const end = give(labels)
    const { slot, check } = end.label
    assert.equal(labels.find({ slot, check }, A, 0), end)
    assert.equal(labels.find({ slot, check }, B, 0), undefined)
    assert.equal(labels.find({ slot, check: (check ^ 1) >>> 0 }, A, 0), undefined)
    assert.equal(labels.find({ slot: (slot ^ 1) >>> 0, check }, A, 0), undefined)
  })

  it('hold until they expire, and as long as they are moved on', () => {
    const labels = new EndLabels()
    const end = give(labels)
    assert.equal(labels.find(end.label, A, 999), end)
    assert.equal(labels.find(end.label, A, 1_000), undefined)
    end.expiresAtMs = 2_000
    labels.expire(1_500)
    assert.equal(labels.find(end.label, A, 1_999), end)
    labels.expire(2_000)
    assert.equal(labels.size, 0)
  })

  it('can be given before there is a way to answer on', () => {
    const labels = new EndLabels()
    const end = give(labels)
    assert.equal(labels.find(end.label, A, 0)?.way, undefined)
    end.way = wayUnder({ slot: 1, check: 2 }, A)
    assert.equal(labels.find(end.label, A, 0)?.way, end.way)
  })

  it('have slots of their own, whatever chance says', () => {
    const draws = [5, 100, 5, 5, 6, 200]
    const labels = new EndLabels({ random32: () => draws.shift() ?? 0 })
    assert.deepEqual([give(labels), give(labels)].map(({ label }) => label), [{ slot: 5, check: 100 }, { slot: 6, check: 200 }])
  })

  it('go one by one, by a label that is right', () => {
    const labels = new EndLabels()
    const [one, other] = [give(labels), give(labels)]
    labels.release({ ...one.label, check: (one.label.check ^ 1) >>> 0 })
    assert.equal(labels.size, 2)
    labels.release(one.label)
    labels.release(one.label)
    assert.equal(labels.size, 1)
    assert.equal(labels.find(other.label, A, 0), other)
  })

  it('go with the connection to their neighbour, and those of others stay', () => {
    const labels = new EndLabels()
    const ends = [give(labels), give(labels, B), give(labels)]
    labels.releaseAllOf(A)
    assert.equal(labels.size, 1)
    assert.equal(labels.find(ends[1].label, B, 0), ends[1])
  })

  it('are as many as there may be, and no more', () => {
    const labels = new EndLabels({ maxLabels: 2 })
    const end = give(labels)
    give(labels)
    assert.equal(labels.give({ neighbour: A, isDestination: false, expiresAtMs: 1_000 }), undefined)
    labels.release(end.label)
    give(labels)
  })

  it('paths of others leave room for those of the host itself', () => {
    const few = new EndLabels({ maxLabels: 8 })
    const give = (isDestination: boolean): boolean => few.give({ neighbour: A, isDestination, expiresAtMs: 1_000 }) !== undefined
    assert.deepEqual(Array.from({ length: 8 }, () => give(true)), [true, true, true, true, true, true, false, false])
    assert.deepEqual([give(false), give(false), give(false)], [true, true, false])
    few.expire(1_000)
    assert.equal(give(true), true)
  })
})
