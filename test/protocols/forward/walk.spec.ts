// Whole walks along lists, with nothing but the rule by which a node accepts a packet and the step to the next.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Flag, MAX_ROUTE_ENTRIES } from '../../../protocols/forward/constants.ts'
import { ARRIVED, At, acceptSourceRoute, nextHop, replyHeader } from '../../../protocols/forward/source-route.ts'
import { NOW_S, nodesOf, packetOf, routeOf, sentOn } from './samples.ts'

/** Entries that the packet visits until it has arrived, each of them checked; and the packet as it arrived. */
function walk (packet: Uint8Array, from: number): { visited: number[], arrived: Uint8Array } {
  const nodes = nodesOf(packet[At.hopCount])
  const visited: number[] = []
  for (let previous = from, current = packet; ;) {
    const index = current[At.hopIndex]
    assert.equal(acceptSourceRoute(current, 0, current.length, nodes[index], nodes[previous], NOW_S), 0)
    visited.push(index)
    const next = nextHop(current, 0)
    if (next === ARRIVED) {
      return { visited, arrived: current }
    }
    current = sentOn(current, next)
    previous = index
  }
}

const up = (to: number): number[] => Array.from({ length: to }, (_, i) => i + 1)
const down = (from: number): number[] => up(from).map((index) => index - 1).reverse()
const counts = fc.integer({ min: 2, max: MAX_ROUTE_ENTRIES })

describe('a walk along a source route', () => {
  it('visits every entry once and ends at the destination, and the answer comes back the same way', () => {
    fc.assert(fc.property(counts, fc.constantFrom(0, Flag.droppable, Flag.congestion), (count, flags) => {
      const there = walk(packetOf(routeOf(nodesOf(count)), undefined, flags), 0)
      assert.deepEqual(there.visited, up(count - 1))
      assert.equal(there.arrived[At.flags], flags)
      const back = walk(packetOf(replyHeader(there.arrived)), count - 1)
      assert.deepEqual(back.visited, down(count - 1))
      const again = walk(packetOf(replyHeader(back.arrived)), 0)
      assert.deepEqual(again.visited, up(count - 1))
    }))
  })

  it('turns around at the last entry and ends at the source, with the other flags as they were', () => {
    fc.assert(fc.property(counts, fc.constantFrom(0, Flag.droppable, 0xf0), (count, flags) => {
      const { visited, arrived } = walk(packetOf(routeOf(nodesOf(count)), undefined, flags | Flag.turnAround), 0)
      assert.deepEqual(visited, [...up(count - 1), ...down(count - 1)])
      assert.equal(arrived[At.flags], flags | Flag.backwards)
    }))
  })

  it('turns around at every entry before, with a list that ends there', () => {
    for (let last = 1; last < MAX_ROUTE_ENTRIES; last++) {
      const { visited } = walk(packetOf(routeOf(nodesOf(last + 1)), undefined, Flag.turnAround), 0)
      assert.deepEqual(visited, [...up(last), ...down(last)])
    }
  })

  it('ends at the source when it walks backwards, whatever turn-around says', () => {
    const packet = packetOf(routeOf(nodesOf(3)), undefined, Flag.backwards | Flag.turnAround)
    assert.deepEqual(walk(packet, 2).visited, [1, 0])
  })

  it('uses up one of the TTL for each node that sends it on', () => {
    const packet = packetOf(routeOf(nodesOf(MAX_ROUTE_ENTRIES)), undefined, Flag.turnAround)
    const { visited, arrived } = walk(packet, 0)
    assert.equal(packet[At.ttl] - arrived[At.ttl], visited.length - 1)
    assert.ok(arrived[At.ttl] > 0, 'what we send with is enough for the longest path and back')
  })
})
