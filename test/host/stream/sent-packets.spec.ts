import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PacketState, SentPackets } from '../../../src/host/stream/sent-packets.ts'

describe('SentPackets', () => {
  it('finds a packet by its number, however many acks took numbers in between and whatever was forgotten', () => {
    const anySteps = fc.array(fc.record({ acks: fc.nat(5), packets: fc.nat(40), settled: fc.nat(60) }), { minLength: 1, maxLength: 40 })
    fc.assert(fc.property(anySteps, (steps) => {
      const sent = new SentPackets()
      const known: number[] = []
      for (const { acks, packets, settled } of steps) {
        for (let i = 0; i < acks; i++) {
          sent.skip()
        }
        for (let i = 0; i < packets; i++) {
          known.push(sent.nextNumber)
          sent.append(0)
        }
        for (let place = sent.first; place < Math.min(sent.next, sent.first + settled); place++) {
          sent.state[sent.at(place)] = PacketState.acknowledged
        }
        sent.forget(0)
        known.splice(0, known.length - (sent.next - sent.first))
        for (const number of [0, ...known, ...known.map((each) => each + 1), sent.nextNumber]) {
          const place = sent.placeFrom(number, sent.first)
          const expected = known.findIndex((each) => each >= number)
          assert.equal(place - sent.first, expected < 0 ? known.length : expected)
          assert.ok(place === sent.next || sent.number[sent.at(place)] === known[expected])
        }
      }
    }), { numRuns: 60 })
  })

  it('keeps a number that was taken and not used out of use', () => {
    const sent = new SentPackets()
    sent.append(0)
    sent.takeBack()
    assert.deepEqual([sent.isLastTracked, sent.nextNumber, sent.next], [false, 1, 0])
    sent.append(0)
    assert.equal(sent.number[sent.at(0)], 1)
    sent.skip()
    assert.equal(sent.isLastTracked, false)
  })
})
