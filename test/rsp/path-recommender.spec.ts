import assert from 'node:assert/strict'
import { OwnLoad } from '../../src/rsp/own-load.ts'
import { PathRecommender } from '../../src/rsp/path-recommender.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import type { FoundPath } from '../../src/topology/path.ts'

const path = (cost: number, ...nodes: number[]): FoundPath => ({ nodes, cost, rttUs: 1_000 * cost, lossPpm: 0, oldestMs: 0, jitterUs: 0 })
const [A, B, WORSE] = [path(100, 1, 2), path(102, 1, 3), path(120, 1, 4)]

describe('path recommender', () => {
  let choice: PathRecommender

  beforeEach(() => {
    const nextUint32 = seededUint32(3)
    choice = new PathRecommender({ random: () => nextUint32() / 2 ** 32 })
  })

  function firstFor (asker: string, paths: FoundPath[], nowMs = 0): FoundPath {
    return choice.order(asker, 'path', paths, nowMs)[0]
  }

  it('spreads hosts over paths that cost nearly the same, and gives nobody a worse one', () => {
    const firsts = Array.from({ length: 1_000 }, (_, host) => firstFor(`h${host}`, [A, B, WORSE]))
    const counts = [A, B, WORSE].map((one) => firsts.filter((first) => first === one).length)
    assert.equal(counts[2], 0)
    assert.ok(Math.abs(counts[0] - counts[1]) < 60, counts.join())
  })

  it('sends more of them where it has sent less', () => {
    const load = new OwnLoad()
    for (let flow = 0; flow < 30; flow++) {
      load.add(A.nodes, 0)
    }
    const nextUint32 = seededUint32(4)
    choice = new PathRecommender({ random: () => nextUint32() / 2 ** 32, load })
    const firsts = Array.from({ length: 20 }, (_, host) => firstFor(`h${host}`, [A, B]))
    assert.ok(firsts.filter((first) => first === B).length >= 15)
  })

  it('gives all paths that it was given, the others in their order', () => {
    for (let host = 0; host < 20; host++) {
      const ordered = choice.order(`h${host}`, 'path', [A, B, WORSE], 0)
      assert.deepEqual(new Set(ordered), new Set([A, B, WORSE]))
      assert.ok(ordered.indexOf(WORSE) === 2)
    }
  })

  it('regression: gives nobody a longer path among those that cost the same, and takes a shorter one', () => {
    const taking = (rttUs: number, cost: number, ...nodes: number[]): FoundPath => ({ ...path(cost, ...nodes), rttUs })
    for (const cost of [0, 2]) {
      const [short, asShort, shorter, long] = [taking(20_000, cost, 1, 2), taking(20_500, cost, 1, 3), taking(15_000, cost * 1.02, 1, 4), taking(140_000, cost, 1, 5)]
      const firsts = Array.from({ length: 200 }, (_, host) => firstFor(`${cost} h${host}`, [short, long, asShort, shorter]))
      assert.deepEqual(new Set(firsts), new Set([short, asShort, shorter]))
    }
  })

  it('regression: leaves a path that costs the same and has come to take longer: one of 6 % after its minute, one of more at once', () => {
    const taking = (rttUs: number, ...nodes: number[]): FoundPath => ({ ...path(0, ...nodes), rttUs })
    for (const [host, rttUs, atMs, isLeft] of [['a', 21_000, 59_000, false], ['b', 21_000, 60_000, true], ['c', 21_500, 1_000, true]] as const) {
      const held = taking(rttUs, 1, 2)
      assert.equal(firstFor(host, [held]), held)
      const better = taking(20_000, 1, 9)
      assert.equal(firstFor(host, [better, held], atMs), isLeft ? better : held, host)
    }
  })

  it('takes round trips of nothing for equal, and short ones that differ by less than a forwarder counts', () => {
    const of = (rttUs: number, ...nodes: number[]): FoundPath => ({ ...path(0, ...nodes), rttUs })
    const [here, there] = [of(0, 1), of(0, 2)]
    assert.deepEqual(new Set(Array.from({ length: 50 }, (_, host) => firstFor(`h${host}`, [here, there]))), new Set([here, there]))
    const nextUint32 = seededUint32(5)
    choice = new PathRecommender({ random: () => nextUint32() / 2 ** 32, relayCostUs: 500 })
    const [near, nearer] = [of(120, 1, 2), of(100, 1, 3)]
    assert.deepEqual(new Set(Array.from({ length: 50 }, (_, host) => firstFor(`h${host}`, [nearer, near]))), new Set([near, nearer]))
  })

  it('says the same to who asks again while it is nearly as good as the best', () => {
    const first = firstFor('host', [A, B])
    for (let minute = 1; minute < 30; minute++) {
      assert.deepEqual(firstFor('host', minute % 2 === 0 ? [A, B] : [path(100, 1, 3), path(102, 1, 2)], 60_000 * minute).nodes, first.nodes)
    }
  })

  it('leaves a path that has become 5 % worse after its minute is over, and not before', () => {
    assert.equal(firstFor('host', [A]), A)
    const [better, heldNow] = [path(95, 1, 9), path(100, 1, 2)]
    assert.equal(firstFor('host', [better, heldNow], 59_000), heldNow)
    assert.equal(firstFor('host', [better, heldNow], 60_000), better)
  })

  it('leaves a path at once that has become much worse, or is not there any more', () => {
    assert.equal(firstFor('host', [A]), A)
    const better = path(50, 1, 9)
    assert.equal(firstFor('host', [better, A], 1_000), better)
    assert.equal(firstFor('host', [WORSE], 2_000), WORSE)
  })

  it('keeps hosts apart, and forgets whom nobody has heard of for five minutes', () => {
    assert.equal(firstFor('one', [A]), A)
    const better = path(98, 1, 9)
    const firsts = Array.from({ length: 50 }, (_, at) => firstFor('one', [better, A], 300_000 * (at + 1)))
    assert.ok(firsts.includes(better) && firsts.includes(A))
  })

  it('holds no more recommendations than it may', () => {
    for (let host = 0; host < 5_000; host++) {
      choice.order(`h${host}`, 'path', [A], 0)
    }
    assert.ok(choice.size <= 4_096 && choice.size >= 2_048, `${choice.size}`)
  })

  it('regression: keeps what was recommended to others, however often one host varies his question', () => {
    const first = firstFor('host', [A, B])
    for (let question = 0; question < 20_000; question++) {
      choice.order('other', `path ${question}`, [A], 1_000)
    }
    assert.deepEqual(Array.from({ length: 20 }, () => firstFor('host', [path(100, 1, 2), path(100, 1, 3)], 2_000).nodes.join()), Array(20).fill(first.nodes.join()))
    assert.equal(choice.size, 2)
  })
})

describe('own load', () => {
  it('is that of the link that carries most', () => {
    const load = new OwnLoad()
    load.add([1, 2, 3], 0)
    load.add([2, 3], 0)
    assert.deepEqual([load.flowsOn([1, 2, 3], 0), load.flowsOn([1, 2], 0), load.flowsOn([3, 2], 0), load.flowsOn([1], 0)], [2, 1, 0, 0])
  })

  it('fades to a third in a minute', () => {
    const load = new OwnLoad()
    load.add([1, 2], 0)
    assert.ok(Math.abs(load.flowsOn([1, 2], 60_000) - Math.exp(-1)) < 1e-9)
    load.add([1, 2], 60_000)
    assert.ok(Math.abs(load.flowsOn([1, 2], 60_000) - 1 - Math.exp(-1)) < 1e-9)
  })

  it('forgets the links used longest ago when there are too many', () => {
    const load = new OwnLoad(2)
    load.add([1, 2, 3, 4], 0)
    assert.deepEqual([load.size, load.flowsOn([1, 2], 0), load.flowsOn([3, 4], 0)], [2, 0, 1])
  })
})
