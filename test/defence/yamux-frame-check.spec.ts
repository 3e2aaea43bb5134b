import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { DEFAULT_YAMUX_FRAME_LIMITS, YamuxFrameCheck } from '../../src/defence/yamux-frame-check.ts'
import { FLAG, FRAME, MIB, frameHeader } from './attacker.ts'
import type { YamuxFrameLimits } from '../../src/defence/yamux-frame-check.ts'

describe('yamux frame check', () => {
  function checkWith (limits: Partial<YamuxFrameLimits> = {}, now = () => 0): YamuxFrameCheck {
    return new YamuxFrameCheck({ ...DEFAULT_YAMUX_FRAME_LIMITS, ...limits }, now)
  }

  for (const { what, header, error } of [
    { what: 'a data frame at the limit', header: frameHeader(FRAME.data, FLAG.none, 1, MIB), error: undefined },
    { what: 'a data frame one byte over it', header: frameHeader(FRAME.data, FLAG.none, 1, MIB + 1), error: 'FrameTooLongError' },
    { what: 'a data frame of the largest length there is', header: frameHeader(FRAME.data, FLAG.none, 1, 0xffffffff), error: 'FrameTooLongError' },
    { what: 'a data frame too long for no stream at all', header: frameHeader(FRAME.data, FLAG.none, 0, MIB + 1), error: 'FrameTooLongError' },
    { what: 'a window update at the limit', header: frameHeader(FRAME.windowUpdate, FLAG.none, 1, 64 * MIB), error: undefined },
    { what: 'a window update one byte over it', header: frameHeader(FRAME.windowUpdate, FLAG.none, 1, 64 * MIB + 1), error: 'WindowUpdateTooLargeError' },
    { what: 'a ping whose number is large, since it is no length', header: frameHeader(FRAME.ping, FLAG.syn, 0, 0xffffffff), error: undefined },
    { what: 'a goodbye whose reason is large', header: frameHeader(FRAME.goAway, FLAG.none, 0, 0xffffffff), error: undefined }
  ]) {
    it(`${error === undefined ? 'accepts' : 'refuses'} ${what}`, () => {
      const check = (): boolean => checkWith().check(header)
      if (error === undefined) {
        assert.doesNotThrow(check)
      } else {
        assert.throws(check, { name: error })
      }
    })
  }

  it('tells a message that opens a stream from one that does not', () => {
    const check = checkWith()
    assert.equal(check.check(frameHeader(FRAME.windowUpdate, FLAG.syn, 1, 0)), true)
    assert.equal(check.check(frameHeader(FRAME.windowUpdate, FLAG.none, 1, 9)), false)
    assert.equal(check.check(frameHeader(FRAME.ping, FLAG.syn, 0, 9)), false)
  })

  it('refuses the frame that spans one message too many, and counts each frame anew', () => {
    const check = checkWith({ maxFramePieces: 3 })
    const sendIn = (pieces: number): void => {
      check.check(frameHeader(FRAME.data, FLAG.none, 1, pieces - 1))
      for (let i = 1; i < pieces; i++) {
        check.check(Uint8Array.of(0))
      }
    }
    for (let frame = 0; frame < 10; frame++) {
      sendIn(4)
    }
    assert.throws(() => { sendIn(5) }, { name: 'FrameInPiecesError', maxFramePieces: 3 })
  })

  it('stays in step however honest frames are cut, and still sees the frame that is too long behind them', () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map(payload => [...frameHeader(FRAME.data, FLAG.none, 1, payload.byteLength), ...payload]),
      fc.nat({ max: 64 * MIB }).map(delta => [...frameHeader(FRAME.windowUpdate, FLAG.none, 1, delta)]),
      fc.nat().map(reason => [...frameHeader(FRAME.goAway, FLAG.none, 0, reason)])
    )
    fc.assert(fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), fc.boolean(), (frames, cuts, asList) => {
      const check = checkWith()
      for (const chunk of cut(Uint8Array.from(frames.flat()), cuts)) {
        check.check(asList ? new Uint8ArrayList(chunk.subarray(0, 1), chunk.subarray(1)) : chunk)
      }
      assert.throws(() => { check.check(frameHeader(FRAME.data, FLAG.none, 1, 2 * MIB)) }, { name: 'FrameTooLongError', frameBytes: 2 * MIB })
    }), { numRuns: 300, seed: 11 })
  })

  for (const { what, frame } of [
    { what: 'data frames of one byte', frame: [...frameHeader(FRAME.data, FLAG.none, 1, 1), 0] },
    { what: 'data frames of none', frame: [...frameHeader(FRAME.data, FLAG.none, 1, 0)] },
    { what: 'window updates', frame: [...frameHeader(FRAME.windowUpdate, FLAG.none, 1, 0)] },
    { what: 'goodbyes', frame: [...frameHeader(FRAME.goAway, FLAG.none, 0, 0)] }
  ]) {
    it(`refuses a flood of ${what}, and takes so many a second`, () => {
      let nowMs = 0
      const check = checkWith({ smallFramesPerSecond: 100, smallFrameBurst: 200 }, () => nowMs)
      const bytes = Uint8Array.from(frame)
      for (let second = 0; second < 3; second++) {
        for (let number = 0; number < (second === 0 ? 200 : 100); number++) {
          check.check(bytes)
        }
        nowMs += 1_000
      }
      for (let number = 0; number < 100; number++) {
        check.check(bytes)
      }
      assert.throws(() => check.check(bytes), { name: 'SmallFrameFloodError', framesPerSecond: 100, frameBurst: 200 })
    })
  }

  it('takes frames of the smallest sealed packets at any rate', () => {
    const check = checkWith({ smallFramesPerSecond: 0, smallFrameBurst: 1 })
    const packet = Uint8Array.from([...frameHeader(FRAME.data, FLAG.none, 1, 38), ...new Uint8Array(38)])
    for (let number = 0; number < 10_000; number++) {
      check.check(packet)
    }
    assert.equal(check.dataFrames, 10_000)
  })

  it('regains pings with time', () => {
    let nowMs = 0
    const check = checkWith({ pingsPerSecond: 5, pingBurst: 20 }, () => nowMs)
    const ping = frameHeader(FRAME.ping, FLAG.syn, 0, 1)
    for (let i = 0; i < 20; i++) {
      check.check(ping)
    }
    nowMs = 200
    check.check(ping)
    assert.throws(() => check.check(ping), { name: 'PingFloodError', pingsPerSecond: 5, pingBurst: 20 })
  })
})

/** Cuts into chunks of the given lengths, over and over. */
function * cut (bytes: Uint8Array, lengths: number[]): Generator<Uint8Array> {
  for (let offset = 0, i = 0; offset < bytes.byteLength; i++) {
    const end = offset + lengths[i % lengths.length]
    yield bytes.subarray(offset, end)
    offset = end
  }
}
