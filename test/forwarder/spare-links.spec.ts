import assert from 'node:assert/strict'
import { MAX_SPARE_LINKS, SpareLinks } from '../../src/forwarder/spare-links.ts'
import { FakeLink } from '../link/fake-links.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { Link } from '../../src/link/link.ts'

const SPARE_MS = 600_000
const GRACE_MS = 12_000
const PEERS = await peersFrom(10, 100)

describe('links that nobody wants any more', () => {
  let links: FakeLink[]
  let wanted: Set<string>
  let nowMs: number
  let spare: SpareLinks

  beforeEach(() => {
    links = []
    wanted = new Set()
    nowMs = 1_000
    spare = new SpareLinks({
      links: {
        [Symbol.iterator]: () => links.values() as IterableIterator<Link>,
        get: (peer) => links.find((link) => link.peer === peer && link.isUp),
        close: (peer) => { links = links.filter((link) => link.peer !== peer) }
      },
      isWanted: (peer) => wanted.has(peer.toString()),
      now: () => nowMs
    })
  })

  const open = (number: number): FakeLink => {
    const link = new FakeLink(nodeIdOf(PEERS[number]), PEERS[number], number)
    links.push(link)
    return link
  }

  /** Looks every second. */
  function pass (ms: number): void {
    for (const untilMs = nowMs + ms; nowMs < untilMs;) {
      nowMs += 1_000
      spare.expire()
    }
  }

  it('stay for as long as a path that was shown over them can live', () => {
    open(0)
    pass(SPARE_MS)
    assert.equal(links.length, 1)
    pass(1_000)
    assert.equal(links.length, 0)
  })

  it('stay while somebody wants them, and count from when nobody does', () => {
    open(0)
    wanted.add(PEERS[0].toString())
    pass(2 * SPARE_MS)
    wanted.clear()
    pass(SPARE_MS / 2)
    wanted.add(PEERS[0].toString())
    pass(1_000)
    wanted.clear()
    pass(SPARE_MS)
    assert.deepEqual([links.length, spare.size], [1, 1])
    pass(2_000)
    assert.deepEqual([links.length, spare.size], [0, 0])
  })

  it('regression: are so many, however many were asked for and let go: the longest unwanted go first', () => {
    for (let number = 0; number < PEERS.length; number++) {
      open(number)
      pass(1_000)
    }
    pass(GRACE_MS)
    assert.deepEqual(links.map(({ index }) => index), Array.from({ length: MAX_SPARE_LINKS }, (_, i) => i + PEERS.length - MAX_SPARE_LINKS))
  })

  it('regression: are known by their peers, so that connections without another use stay for as long as they do', () => {
    open(0)
    open(1)
    wanted.add(PEERS[1].toString())
    pass(1_000)
    assert.deepEqual([0, 1, 2].map((number) => spare.has(PEERS[number])), [true, false, false])
    pass(SPARE_MS)
    assert.equal(spare.has(PEERS[0]), false)
  })

  it('are left alone while they may still be in the making', () => {
    for (let number = 0; number < PEERS.length; number++) {
      open(number)
    }
    pass(GRACE_MS)
    assert.equal(links.length, PEERS.length)
    pass(1_000)
    assert.equal(links.length, MAX_SPARE_LINKS)
  })

  it('are not those on which packets only come in: such a link is the peer\'s', () => {
    open(0).isUp = false
    pass(2 * SPARE_MS)
    assert.deepEqual([links.length, spare.size], [1, 0])
  })

  it('are forgotten when they go by themselves', () => {
    open(0)
    pass(1_000)
    links = []
    pass(1_000)
    assert.equal(spare.size, 0)
  })
})
