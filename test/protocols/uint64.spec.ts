import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodePath, encodePath } from '../../protocols/route/path.ts'
import { Receipt } from '../../protocols/usage/usage.pb.ts'
import { answerTo, ASKED, RSP, samplePath } from './route/samples.ts'

const { paths: _, ...answered } = answerTo(ASKED, [])
const rateAfter = (rate: bigint): bigint => decodePath(encodePath({ ...samplePath({ maxBytesPerSecond: rate }), rsp: RSP, ...answered })).maxBytesPerSecond

describe('64-bit numbers in messages', () => {
  for (const value of [0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 3_000_000_000n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    it(`regression: ${value} arrives as it was sent`, () => {
      assert.equal(rateAfter(value), value)
    })
  }

  it('arrive as they were sent, of whatever size, and spoil no field behind them', () => {
    fc.assert(fc.property(fc.bigInt({ min: 2n ** 30n, max: 2n ** 33n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (totalPackets, totalBytes) => {
      const bytes = Receipt.encode({ forwarder: Uint8Array.of(1), rsp: Uint8Array.of(2), sinceMs: 3n, sequence: 4n, issuedAtMs: 5n, totalPackets, totalBytes, cursor: 6, nextCursor: 7, rows: [] })
      const receipt = Receipt.decode(bytes)
      assert.deepEqual([receipt.totalPackets, receipt.totalBytes, receipt.issuedAtMs], [totalPackets, totalBytes, 5n])
    }))
  })
})
