import assert from 'node:assert/strict'
import { ProcessorLimit } from '../../src/forwarder/processor-limit.ts'

const CONFIGURED = 100_000_000
const LOOKS_PER_SECOND = 10

/** A forwarder that is offered so much, on a processor that can do so much: busy in proportion to what it carries, and to what else there is. */
function run (limit: ProcessorLimit, { offered, possible, seconds, other = 0 }: { offered: number, possible: number, seconds: number, other?: number }): number {
  let carried = 0
  for (let look = 0; look < seconds * LOOKS_PER_SECOND; look++) {
    carried = Math.min(offered, limit.bytesPerSecond, possible * (1 - other))
    limit.seen({ utilization: Math.min(1, carried / possible + other), bytesPerSecond: carried })
  }
  return carried
}

describe('processor limit', () => {
  it('is what was configured while the processor keeps up', () => {
    const limit = new ProcessorLimit({ bytesPerSecond: CONFIGURED })
    run(limit, { offered: CONFIGURED, possible: 2 * CONFIGURED, seconds: 10 })
    assert.equal(limit.bytesPerSecond, CONFIGURED)
  })

  it('comes down within a second to a little less than the processor can do, and stays there', () => {
    const limit = new ProcessorLimit({ bytesPerSecond: CONFIGURED })
    for (const seconds of [1, 1, 60]) {
      const carried = run(limit, { offered: CONFIGURED, possible: 20_000_000, seconds })
      assert.ok(carried > 17_000_000 && carried < 19_800_000, `${carried}`)
    }
  })

  it('comes back when the processor has time again', () => {
    const limit = new ProcessorLimit({ bytesPerSecond: CONFIGURED })
    run(limit, { offered: CONFIGURED, possible: CONFIGURED, other: 0.8, seconds: 5 })
    assert.ok(limit.bytesPerSecond < 0.3 * CONFIGURED)
    run(limit, { offered: CONFIGURED, possible: 2 * CONFIGURED, seconds: 15 })
    assert.equal(limit.bytesPerSecond, CONFIGURED)
  })

  it('regression: does not fall and fall in a process that is busy whatever it carries', () => {
    const limit = new ProcessorLimit({ bytesPerSecond: CONFIGURED })
    let carried = 40_000_000
    for (let look = 0; look < 10_000; look++) {
      carried = Math.min(40_000_000, limit.bytesPerSecond)
      limit.seen({ utilization: 1, bytesPerSecond: carried })
    }
    assert.ok(carried >= 20_000_000, `${carried}`)
  })

  it('takes no notice of turns that take long now and then', () => {
    const limit = new ProcessorLimit({ bytesPerSecond: CONFIGURED })
    for (let look = 0; look < 300; look++) {
      limit.seen({ utilization: look % 3 === 0 ? 0.5 : 1, bytesPerSecond: 5_000_000 })
    }
    assert.equal(limit.bytesPerSecond, CONFIGURED)
  })

  it('is not looked for while the node is busy with other things than forwarding', () => {
    const limit = new ProcessorLimit({ bytesPerSecond: CONFIGURED })
    run(limit, { offered: 500_000, possible: CONFIGURED, other: 1, seconds: 10 })
    assert.equal(limit.bytesPerSecond, CONFIGURED)
  })
})
