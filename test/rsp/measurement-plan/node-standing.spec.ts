import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { nodeStandings } from '../../../src/rsp/measurement-plan/node-standing.ts'
import type { NodeStandings } from '../../../src/rsp/measurement-plan/node-standing.ts'

describe('the standing of nodes as relays', () => {
  function standingsOf (nodeCount: number, links: ReadonlyArray<[number, number, number]>): NodeStandings {
    const memory = new LinkMemory(nodeCount)
    memory.beginRound()
    for (const [a, b, rttMs] of links) {
      memory.record({ a, b, rttMs })
    }
    const paths = new AllPairs(nodeCount, 1)
    paths.run(memory.known())
    return nodeStandings(memory, paths)
  }

  it('puts the middle of a star above its rays', () => {
    const { traffic, remotenessMs } = standingsOf(5, [[2, 0, 10], [2, 1, 10], [2, 3, 10], [2, 4, 10]])
    assert.equal(traffic.indexOf(Math.max(...traffic)), 2)
    assert.equal(remotenessMs[2], 40)
    assert.equal(remotenessMs[0], 10 + 3 * 21)
  })

  it('counts traffic per link: many links that nobody uses do not make a hub', () => {
    // 0 has short links to both ends of a detour; 3 has as many as all others, none of them short
    const { traffic } = standingsOf(4, [[0, 1, 1], [0, 2, 1], [3, 0, 90], [3, 1, 100], [3, 2, 100]])
    assert.ok(traffic[0] > 2 * traffic[3])
  })

  it('holds a node that cannot be reached for far, not for endless', () => {
    assert.equal(standingsOf(3, [[0, 1, 10]]).remotenessMs[0], 1_010)
  })
})
