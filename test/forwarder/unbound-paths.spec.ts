import assert from 'node:assert/strict'
import { UnboundPaths } from '../../src/forwarder/unbound-paths.ts'
import { nodeOf } from '../protocols/forward/samples.ts'
import type { UnboundPath } from '../../src/forwarder/unbound-paths.ts'

const [SOURCE, PREVIOUS, STRANGER] = [nodeOf(1), nodeOf(2), nodeOf(3)]
const ROOM = 8_192

function orderOf (number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

function pathOf (number: number, expiresAtMs = 1_000): UnboundPath {
  return { forward: { slot: number, check: 7 }, source: SOURCE, previous: PREVIOUS, expiresAtMs }
}

describe('paths that wait to be bound', () => {
  it('are bound by the hop before, once', () => {
    const paths = new UnboundPaths()
    assert.equal(paths.add(orderOf(1), pathOf(1)), true)
    assert.equal(paths.has(orderOf(1)), true)
    assert.equal(paths.bind(orderOf(1), STRANGER), undefined)
    assert.equal(paths.bind(orderOf(1), SOURCE), undefined)
    assert.equal(paths.bind(orderOf(2), PREVIOUS), undefined)
    assert.deepEqual(paths.bind(orderOf(1), PREVIOUS), pathOf(1))
    assert.equal(paths.bind(orderOf(1), PREVIOUS), undefined)
    assert.equal(paths.size, 0)
  })

  it('are taken back by their source, once', () => {
    const paths = new UnboundPaths()
    paths.add(orderOf(1), pathOf(1))
    assert.equal(paths.withdraw(orderOf(1), STRANGER), undefined)
    assert.equal(paths.withdraw(orderOf(1), PREVIOUS), undefined)
    assert.deepEqual(paths.withdraw(orderOf(1), SOURCE), pathOf(1))
    assert.equal(paths.withdraw(orderOf(1), SOURCE), undefined)
  })

  it('are one for each order', () => {
    const paths = new UnboundPaths()
    paths.add(orderOf(1), pathOf(1))
    assert.equal(paths.add(orderOf(1), pathOf(2)), false)
    assert.deepEqual(paths.bind(orderOf(1), PREVIOUS), pathOf(1))
    assert.equal(paths.add(orderOf(1), pathOf(2)), true)
  })

  it('are forgotten when they have expired, those before the others', () => {
    const paths = new UnboundPaths()
    paths.add(orderOf(1), pathOf(1, 1_000))
    paths.add(orderOf(2), pathOf(2, 2_000))
    paths.expire(999)
    assert.equal(paths.size, 2)
    paths.expire(1_000)
    assert.deepEqual([paths.has(orderOf(1)), paths.has(orderOf(2))], [false, true])
  })

  it('have only so much room', () => {
    const paths = new UnboundPaths()
    for (let number = 0; number < ROOM; number++) {
      assert.equal(paths.add(orderOf(number), pathOf(number)), true)
    }
    assert.equal(paths.add(orderOf(ROOM), pathOf(ROOM)), false)
    paths.bind(orderOf(5), PREVIOUS)
    assert.equal(paths.add(orderOf(ROOM), pathOf(ROOM)), true)
  })
})
