import assert from 'node:assert/strict'
import { ClockDoubts } from '../../src/discovery/clock-doubts.ts'
import { ExpiredError, UnavailableError } from '../../protocols/errors.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { descriptorOf, keyOf, NETWORK, NOW_MS, peerOf } from '../helpers/descriptors.ts'

describe('clock doubts', () => {
  let doubts: ClockDoubts
  let nowMs = 0

  beforeEach(() => { doubts = new ClockDoubts(() => nowMs) })

  /** A peer describes itself, by a clock that is so far ahead of ours. */
  async function describes (number: number, aheadMs: number): Promise<void> {
    const sealed = await sealDescriptor(await descriptorOf(number, { issuedAtMs: NOW_MS + aheadMs, expiresAtMs: NOW_MS + aheadMs + 600_000 }), await keyOf(number))
    await doubts.during(await peerOf(number), openDescriptor(sealed, { nowMs: NOW_MS, network: NETWORK })).catch((error: unknown) => {
      assert.ok(error instanceof ExpiredError)
    })
  }

  it('count the peers whose clocks are apart from ours, either way, each once, until theirs or ours is set', async () => {
    await describes(1, 180_000)
    await describes(1, 180_000)
    await describes(2, -900_000)
    await describes(3, 30_000)
    assert.equal(doubts.peers, 2)
    await describes(1, 0)
    assert.equal(doubts.peers, 1)
    nowMs += 300_000
    assert.equal(doubts.peers, 0, 'too long ago to say anything')
  })

  it('are of so many peers and no more, however many tell another time', async () => {
    for (let number = 1; number <= 70; number++) {
      await doubts.during(await peerOf(number), Promise.reject(new ExpiredError('from the future'))).catch(() => {})
    }
    assert.equal(doubts.peers, 64)
  })

  it('learn nothing from an exchange that fails for another reason, and let it fail', async () => {
    await assert.rejects(doubts.during(await peerOf(1), Promise.reject(new UnavailableError('away'))), { name: 'UnavailableError' })
    assert.equal(doubts.peers, 0)
  })
})
