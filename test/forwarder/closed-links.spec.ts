import assert from 'node:assert/strict'
import { ClosedLinks } from '../../src/forwarder/closed-links.ts'
import { FakeLink } from '../link/fake-links.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { peerOf } from '../helpers/descriptors.ts'

const [A, B] = await Promise.all([1, 2].map(peerOf))

describe('closed links', () => {
  let denied: string[]
  let asked: number
  let closed: ClosedLinks

  beforeEach(() => {
    denied = []
    asked = 0
    closed = new ClosedLinks((peer) => {
      asked++
      return !denied.includes(peer.toString())
    })
  })

  const linkOf = (peer: typeof A, index: number): FakeLink => new FakeLink(nodeIdOf(peer), peer, index)

  it('are those that the rules close, looked up once', () => {
    denied = [A.toString()]
    for (const index of [0, 62, 64, 5_000]) {
      asked = 0
      const [first, second] = [linkOf(A, index), linkOf(B, index + 1)]
      assert.deepEqual([closed.has(first), closed.has(second), closed.has(first), closed.has(second)], [true, false, true, false])
      assert.ok(asked <= 2, `${asked} look-ups`)
    }
  })

  it('follow within a second what a neighbour says of itself', () => {
    const link = linkOf(A, 3)
    assert.equal(closed.has(link), false)
    denied = [A.toString()]
    assert.equal(closed.has(link), false)
    closed.expire()
    assert.equal(closed.has(link), true)
  })

  it('are forgotten with the link: another may get its index', () => {
    denied = [A.toString()]
    assert.equal(closed.has(linkOf(A, 3)), true)
    closed.releaseLink(3)
    closed.releaseLink(1_000)
    assert.equal(closed.has(linkOf(B, 3)), false)
  })
})
