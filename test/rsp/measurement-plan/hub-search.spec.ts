import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { HubSearch } from '../../../src/rsp/measurement-plan/hub-search.ts'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { Round } from '../../../src/rsp/measurement-plan/round.ts'
import { RttModel } from '../../../src/rsp/measurement-plan/rtt-model.ts'
import { generatedWorld, playRound, seededRandom } from './generated-world.ts'
import type { World } from './generated-world.ts'

/** Two nodes are 5 ms from everybody, all others at least 60 ms from each other. */
function worldWithHubs (size: number, hubs: readonly number[]): World {
  const { rttMs } = generatedWorld(size, 1)
  return { size, rttMs: rttMs.map((ms, pair) => hubs.includes(pair % size) || hubs.includes(Math.floor(pair / size)) ? 5 : 60 + ms) }
}

describe('the search for hubs', () => {
  const size = 120
  const hubs = [17, 63]
  const world = worldWithHubs(size, hubs)

  function search (budgetLinks: number, seed: number): { memory: LinkMemory, asked: number } {
    const random = seededRandom(seed)
    const memory = new LinkMemory(size)
    memory.beginRound()
    const round = new Round(memory, 2_000)
    const drawn = Array.from({ length: 360 }, () => memory.pairOf(Math.floor(random() * size), Math.floor(random() * size))).filter((pair) => Math.floor(pair / size) !== pair % size)
    playRound(round.measure(drawn), world)
    const paths = new AllPairs(size, 1)
    paths.run(memory.known())
    const model = new RttModel(size, random)
    model.fit(memory.known())
    const before = round.left
    playRound(new HubSearch(size, { relayCostMs: 1, random }).run(round, paths, model, budgetLinks), world)
    return { memory, asked: before - round.left }
  }

  it('finds a node that is near to all, and measures all its links', () => {
    for (const seed of [1, 2, 3]) {
      const { memory } = search(500, seed)
      const whole = hubs.filter((hub) => Array.from({ length: size }, (_, node) => node).every((node) => node === hub || memory.isKnown(memory.pairOf(node, hub))))
      assert.ok(whole.length > 0, `seed ${seed}`)
    }
  })

  it('does not ask for more than its part, however small', () => {
    for (const budgetLinks of [0, 1, 20, 40, 300]) {
      assert.ok(search(budgetLinks, 4).asked <= budgetLinks, String(budgetLinks))
    }
  })

  it('regression: lets those rest that it has tried, by whatever numbers the nodes have by then', () => {
    const random = seededRandom(5)
    const memory = new LinkMemory(size)
    const paths = new AllPairs(size, 1)
    paths.run(memory.known())
    /** Whoever is tried has links to six nodes in the first batch, and those to all that are tried. */
    const tried = (search: HubSearch): number[] => {
      memory.beginRound()
      const [first] = playRound(search.run(new Round(memory, 2_000), paths, new RttModel(size, random), 500), world)
      const degrees = new Map<number, number>()
      for (const node of first.flat()) {
        degrees.set(node, (degrees.get(node) ?? 0) + 1)
      }
      return [...degrees].filter(([, degree]) => degree <= 6).map(([node]) => node)
    }
    const search = new HubSearch(size, { relayCostMs: 1, random })
    const first = tried(search)
    const turned = (node: number): number => size - 1 - node
    const second = tried(search.renumbered(Array.from({ length: size }, (_, node) => turned(node)))).map(turned)
    assert.ok(first.length > 5 && second.length > 5, `${first.length} and ${second.length}`)
    assert.deepEqual(second.filter((node) => first.includes(node)), [])
  })
})
