import assert from 'node:assert/strict'
import { WaysBack } from '../../src/host/ways-back.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { SILENT, settled } from '../helpers/virtual-overlay.ts'
import type { Link } from '../../src/link/link.ts'

const PEER = await peerOf(1)

describe('ways back', () => {
  let nowMs: number
  let attempts: Array<PromiseWithResolvers<Link>>
  let ways: WaysBack
  let link: Link

  const linkOf = (isUp: boolean): Link => ({ peer: PEER, isUp }) as unknown as Link

  beforeEach(() => {
    nowMs = 0
    attempts = []
    link = linkOf(false)
    ways = new WaysBack({
      links: {
        open: async () => {
          const attempt = Promise.withResolvers<Link>()
          attempts.push(attempt)
          return attempt.promise
        }
      },
      now: () => nowMs,
      log: SILENT
    })
  })

  it('are not opened where packets can be sent already', async () => {
    assert.equal(await ways.open(linkOf(true)), true)
    assert.equal(attempts.length, 0)
  })

  it('regression: are tried one at a time, however many packets come meanwhile', async () => {
    const opened = Array.from({ length: 1_000 }, async () => ways.open(link))
    assert.equal(attempts.length, 1)
    attempts[0].resolve(link)
    assert.deepEqual(new Set(await Promise.all(opened)), new Set([true]))
  })

  it('regression: are tried ever more seldom where none can be opened, and again at once over a new connection', async () => {
    const triedAtMs: number[] = []
    for (; nowMs < 60_000; nowMs += 10) {
      const before = attempts.length
      const opened = ways.open(link)
      if (attempts.length > before) {
        triedAtMs.push(nowMs)
        attempts[before].reject(new Error('it does not answer'))
      }
      assert.equal(await opened, false)
      await settled()
    }
    assert.deepEqual(triedAtMs.slice(0, 6), [0, 500, 1_500, 3_500, 7_500, 15_500])
    assert.equal(triedAtMs.length, 11)
    void ways.open(linkOf(false))
    assert.equal(attempts.length, 12)
  })

  it('are tried twice a second at most when the neighbour closes each at once', async () => {
    for (; nowMs < 10_000; nowMs += 10) {
      void ways.open(link)
      attempts[attempts.length - 1].resolve(link)
      await settled()
    }
    assert.equal(attempts.length, 20)
  })
})
