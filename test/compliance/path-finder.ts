// What every implementation of PathFinder must do. `promise` says what it gives beyond the best path.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { InvalidPathQueryError } from '../../src/path-finding/path-finder.ts'
import type { FoundPath, PathFinder, PathQuery } from '../../src/path-finding/path-finder.ts'
import { areDisjoint } from '../../src/topology/path.ts'
import { everyPath, tieUs } from './exhaustive-path-finder.ts'
import { graphOf, randomCase } from './random-query.ts'
import type { LinkRow } from './random-query.ts'

export type Promised = 'best' | 'cheapest' | 'cheapest with backup'

export function pathFinderCompliance (name: string, create: () => PathFinder, promised: Promised): void {
  describe(`${name} as a path finder`, () => {
    itMeetsTheQuery(create)
    itKeepsTheRules(create)
    itAgreesWithEveryPath(create, promised)
    itIsDeterministic(create)
  })
}

const metrics = (delayMs: number, lossPercent = 0, updatedAtMs = 1000, jitterUs = 0): LinkRow[2] =>
  ({ delayUs: delayMs * 1000, lossPpm: lossPercent * 10_000, jitterUs, updatedAtMs })

/** 0 → 1 → 3 is quick, 0 → 2 → 3 is clean, 0 → 3 is slow and clean, 4 has no link. */
/** The diamond's links have no traffic. */
const NOT_KNOWN = { bytesPerSecond: undefined, loadPpm: undefined, price: undefined, delayVarianceUs2: undefined }

const diamond = graphOf(5, [
  [0, 1, metrics(10, 1, 500, 300)], [1, 3, metrics(10, 1, 700, 400)], [0, 2, metrics(20)], [2, 3, metrics(20)], [0, 3, metrics(60)]
])

const query: PathQuery = {
  source: [{ node: 0, rttUs: 5_000 }],
  destination: [{ node: 3, rttUs: 7_000 }],
  weights: { delay: 1, loss: 0 },
  paths: 1,
  avoid: new Set(),
  maxForwarders: 16,
  relayCostUs: 1_000
}

function itMeetsTheQuery (create: () => PathFinder): void {
  const bestOf = (changes: Partial<PathQuery>): number[] | undefined => create().find(diamond, { ...query, ...changes })[0]?.nodes

  it('describes a path by its access legs, links and forwarders', () => {
    const [path] = create().find(diamond, query)
    assert.deepEqual(path, { nodes: [0, 1, 3], cost: 35, rttUs: 32_000, lossPpm: 19_900, oldestMs: 500, jitterUs: 500, ...NOT_KNOWN })
  })

  const cases: Array<[title: string, changes: Partial<PathQuery>, nodes: number[] | undefined]> = [
    ['takes a lossy path where only delay counts', {}, [0, 1, 3]],
    ['takes a clean path where loss weighs more than the delay it saves', { weights: { delay: 1, loss: 20 } }, [0, 2, 3]],
    ['takes the quickest of the clean paths where only loss counts', { weights: { delay: 0, loss: 1 } }, [0, 2, 3]],
    ['goes past a forwarder to avoid', { avoid: new Set([1]) }, [0, 2, 3]],
    ['goes the short way where fewer forwarders are allowed', { maxForwarders: 2 }, [0, 3]],
    ['goes the short way where forwarders are dear', { relayCostUs: 45_000 }, [0, 3]],
    ['stays at one forwarder that both ends reach, without a link', { destination: [{ node: 0, rttUs: 1_000 }], maxForwarders: 1 }, [0]],
    ['stays at a forwarder that has no link at all', { source: [{ node: 4, rttUs: 1 }], destination: [{ node: 4, rttUs: 1 }] }, [4]],
    ['chooses the entry by what lies behind it', { source: [{ node: 0, rttUs: 5_000 }, { node: 2, rttUs: 6_000 }] }, [2, 3]],
    ['chooses the exit by what lies before it', { destination: [{ node: 3, rttUs: 20_000 }, { node: 1, rttUs: 10_000 }] }, [0, 1]],
    ['counts the nearer of two access points at one forwarder', { source: [{ node: 0, rttUs: 90_000 }, { node: 0, rttUs: 5_000 }, { node: 2, rttUs: 20_000 }] }, [0, 1, 3]],
    ['gives nothing where no link leads on', { source: [{ node: 4, rttUs: 0 }] }, undefined],
    ['gives nothing where links lead the other way only', { source: [{ node: 3, rttUs: 0 }], destination: [{ node: 0, rttUs: 0 }] }, undefined],
    ['gives nothing where the path would need more forwarders than are allowed', { destination: [{ node: 1, rttUs: 0 }], maxForwarders: 1 }, undefined],
    ['gives nothing where the only entry is to be avoided', { avoid: new Set([0]) }, undefined],
    ['gives nothing to a source without access', { source: [] }, undefined],
    ['gives nothing to a destination without access', { destination: [] }, undefined],
    ['ignores access points that name no node', { source: [{ node: 99, rttUs: 0 }, { node: -1, rttUs: 0 }, { node: 0.5, rttUs: 0 }] }, undefined]
  ]
  for (const [title, changes, nodes] of cases) {
    it(title, () => {
      assert.deepEqual(bestOf(changes), nodes)
    })
  }

  it('gives a path without links no age', () => {
    const [path] = create().find(diamond, { ...query, destination: [{ node: 0, rttUs: 1_000 }] })
    assert.deepEqual(path, { nodes: [0], cost: 7, rttUs: 6_000, lossPpm: 0, oldestMs: Infinity, jitterUs: 0, bytesPerSecond: undefined, loadPpm: 0, price: 0, delayVarianceUs2: 0 })
  })

  it('answers on graphs of different sizes one after the other', () => {
    const finder = create()
    const pair = graphOf(2, [[0, 1, metrics(10)]])
    const toOne = { ...query, destination: [{ node: 1, rttUs: 0 }] }
    const sizes = [pair, diamond, pair].map(graph => finder.find(graph, toOne).map(path => path.nodes))
    assert.deepEqual(sizes, [[[0, 1]], [[0, 1]], [[0, 1]]])
  })

  for (const changes of [{ paths: 0 }, { paths: 9 }, { paths: 1.5 }, { maxForwarders: 0 }, { maxForwarders: 17 }, { relayCostUs: -1 },
    { weights: { delay: -1, loss: 0 } }, { weights: { delay: 0, loss: Number.NaN } }, { source: [{ node: 0, rttUs: -1 }] }, { destination: [{ node: 0, rttUs: Infinity }] }]) {
    it(`refuses a query with ${inspect(changes, { breakLength: Infinity })}`, () => {
      assert.throws(() => create().find(diamond, { ...query, ...changes }), InvalidPathQueryError)
    })
  }
}

function itKeepsTheRules (create: () => PathFinder): void {
  it('gives distinct loopless paths of allowed forwarders, best first, and no more than asked for', () => {
    fc.assert(fc.property(randomCase(), ({ nodeCount, links, query }) => {
      const paths = create().find(graphOf(nodeCount, links), query)
      assert.ok(paths.length <= query.paths)
      assert.equal(new Set(paths.map(path => path.nodes.join())).size, paths.length, 'distinct')
      paths.forEach((path, rank) => {
        assert.equal(new Set(path.nodes).size, path.nodes.length, 'loopless')
        assert.ok(path.nodes.length >= 1 && path.nodes.length <= query.maxForwarders)
        assert.ok(!path.nodes.some(node => query.avoid.has(node)))
        assert.ok(rank === 0 || paths[rank - 1].cost <= path.cost, 'best first')
      })
    }), { numRuns: 200, seed: 1 })
  })
}

function itAgreesWithEveryPath (create: () => PathFinder, promised: Promised): void {
  it('finds what a walk over every loopless path finds', () => {
    const finder = create()
    fc.assert(fc.property(randomCase(), ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const every = everyPath(graph, query)
      const found = finder.find(graph, query)
      assert.equal(found.length, Math.min(promised === 'best' ? 1 : query.paths, every.length))
      for (const path of found) {
        const twin = every.find(other => other.nodes.join() === path.nodes.join())
        assert.ok(twin !== undefined, `${path.nodes.join()} is a path`)
        assert.deepEqual({ ...path, cost: 0 }, { ...twin, cost: 0 })
        assertAlike(query, path, twin)
      }
      assertRanking(query, every, found, promised)
    }), { numRuns: 1000, seed: 2 })
  })
}

/** The cheapest paths are there; a backup of the first that was promised and exists may stand in place of the last of them. */
function assertRanking (query: PathQuery, every: FoundPath[], found: FoundPath[], promised: Promised): void {
  const isBackup = (path: FoundPath): boolean => areDisjoint(path.nodes, found[0].nodes)
  const backup = promised === 'cheapest with backup' && found.length > 1 ? every.find(isBackup) : undefined
  let ranked = found
  if (backup !== undefined) {
    const given = found.filter(isBackup)
    assert.ok(given.length > 0, 'a disjoint backup exists and is missing')
    assertAlike(query, given[0], backup)
    ranked = given.length === 1 && given[0] === found.at(-1) ? found.slice(0, -1) : found
  }
  ranked.forEach((path, rank) => assertAlike(query, path, every[rank]))
}

function isAlike (query: PathQuery, a: FoundPath, b: FoundPath): boolean {
  return Math.abs(a.cost - b.cost) < 1e-9 && tieUs(query, a) === tieUs(query, b)
}

/** Of the same merit: which of several equal paths comes first is the finder's choice. */
function assertAlike (query: PathQuery, actual: FoundPath, expected: FoundPath): void {
  assert.ok(isAlike(query, actual, expected), `${JSON.stringify(actual)} has another merit than ${JSON.stringify(expected)}`)
}

function itIsDeterministic (create: () => PathFinder): void {
  it('gives the same answer whatever the order of links and access points, and whatever it was asked before', () => {
    const used = create()
    fc.assert(fc.property(randomCase(), ({ nodeCount, links, query }) => {
      const mirrored = { ...query, source: query.source.toReversed(), destination: query.destination.toReversed() }
      const answer = used.find(graphOf(nodeCount, links), query)
      assert.deepEqual(create().find(graphOf(nodeCount, links.toReversed()), mirrored), answer)
    }), { numRuns: 200, seed: 3 })
  })
}
