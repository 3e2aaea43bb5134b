import assert from 'node:assert/strict'
import { encodeSourceRoute, replyHeader } from '../../../protocols/forward/source-route.ts'
import { isSamePath, wayName } from '../../../src/host/stream/way-name.ts'
import { wayAlong, wayUnder } from '../../../src/link/way.ts'

const node = (n: number): Uint8Array => new Uint8Array(16).fill(n)

function way (nodes: number[], { authenticator = 0, expiresAtS = 1_000 } = {}): ReturnType<typeof wayAlong> {
  return wayAlong(encodeSourceRoute({ nodes: nodes.map(node), authenticators: nodes.map(() => new Uint8Array(8).fill(authenticator)), expiryS: expiresAtS, pathTag: new Uint8Array(8) }))
}

describe('the name of a way', () => {
  it('is that of its path: it stays when the way is renewed, and changes with any node', () => {
    const before = way([1, 2, 3])
    const renewed = way([1, 2, 3], { authenticator: 9, expiresAtS: 2_000 })
    const other = way([1, 4, 3])
    assert.deepEqual([isSamePath(before, renewed), isSamePath(before, other), isSamePath(before, way([1, 3]))], [true, false, false])
    assert.equal(wayName(before), wayName(renewed))
    assert.notEqual(wayName(before), wayName(other))
  })

  it('is the same for each packet that is answered on one path', () => {
    const { header } = way([1, 2, 3])
    const arrived = header.slice()
    arrived[5] = 2
    assert.equal(isSamePath(wayAlong(replyHeader(arrived)), wayAlong(replyHeader(arrived))), true)
  })

  it('is that of a label and its neighbour where there is no list', () => {
    const label = { slot: 1, check: 2 }
    const [one, again, other] = [wayUnder(label, node(1)), wayUnder(label, node(1)), wayUnder(label, node(2))]
    assert.equal(wayName(one), wayName(again))
    assert.notEqual(wayName(one), wayName(other))
    assert.equal(isSamePath(one, one), true)
    assert.equal(isSamePath(one, other), false)
  })
})
