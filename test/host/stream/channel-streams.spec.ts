// The driver: two sets of streams, with a carrier between them that can lose, refuse and mark.
import assert from 'node:assert/strict'
import { ChannelStreams } from '../../../src/host/stream/channel-streams.ts'
import { FrameType } from '../../../protocols/envelope/constants.ts'
import { VirtualTimers } from '../../helpers/virtual-timers.ts'
import type { ChannelStream } from '../../../src/host/stream/channel-stream.ts'
import type { EndOfTick, Flushable } from '../../../src/link/end-of-tick.ts'

interface Ends {
  a: ChannelStreams
  b: ChannelStreams
  accepted: ChannelStream[]
  timers: VirtualTimers
  /** Frames that were sent, of both ends. */
  frames: Uint8Array[]
  /** Ends ticks, delivers and moves the clock until nothing happens any more, for so long. */
  run: (ms?: number) => void
  refuses: boolean
  /** Frames that were to be sent, of both ends. */
  calls: number
  /** The first one of `a`. */
  link: { ownStreamBytes: number, whenTaken: (run: () => void) => void, stopWaiting: (run: () => void) => void, call: () => void, waiting: () => number }
  /** It has none now. */
  isCutOff: boolean
  isDown: boolean
}

const DELAY_MS = 5
const FREE_LINK = { ownStreamBytes: 0, whenTaken: () => {}, stopWaiting: () => {} }

function ends (onStream: (stream: ChannelStream) => void = () => {}): Ends {
  const timers = new VirtualTimers()
  const dirty: Flushable[] = []
  const waiting = new Set<() => void>()
  const endOfTick = { add: (item: Flushable) => { dirty.push(item) } } as unknown as EndOfTick
  const frames: Uint8Array[] = []
  const accepted: ChannelStream[] = []
  const make = (role: 'initiator' | 'responder', other: () => ChannelStreams): ChannelStreams => new ChannelStreams({
    role,
    path: { key: 'path', rttMs: 2 * DELAY_MS },
    sendFrame: (frame) => {
      all.calls++
      if (all.refuses) {
        return false
      }
      const copy = frame.slice()
      frames.push(copy)
      timers.startTimer(() => {
        if (!all.isDown) {
          other().receive(copy.subarray(1), false)
        }
      }, DELAY_MS)
      return true
    },
    firstLink: () => role === 'responder' ? FREE_LINK : all.isCutOff ? undefined : all.link,
    onStream: (stream) => {
      accepted.push(stream)
      onStream(stream)
    },
    now: timers.now,
    startTimer: timers.startTimer,
    endOfTick
  })
  const all: Ends = {
    a: make('initiator', () => all.b),
    b: make('responder', () => all.a),
    accepted,
    timers,
    frames,
    run: (ms = 1_000) => {
      for (const untilMs = timers.nowMs + ms; timers.nowMs < untilMs;) {
        while (dirty.length > 0) {
          dirty.shift()?.flush()
        }
        timers.advance(1)
      }
    },
    refuses: false,
    calls: 0,
    link: {
      ownStreamBytes: 0,
      whenTaken: (run) => { waiting.add(run) },
      stopWaiting: (run) => { waiting.delete(run) },
      call: () => {
        const called = [...waiting]
        waiting.clear()
        called.forEach((run) => { run() })
      },
      waiting: () => waiting.size
    },
    isCutOff: false,
    isDown: false
  }
  return all
}

function collect (stream: ChannelStream): { bytes: number, events: string[] } {
  const seen = { bytes: 0, events: [] as string[] }
  stream.addEventListener('message', ({ detail }) => { seen.bytes += detail.length })
  stream.addEventListener('remoteCloseWrite', () => { seen.events.push('end') })
  stream.addEventListener('reset', ({ detail: { direction, code } }) => { seen.events.push(`${direction} reset ${code}`) })
  stream.addEventListener('close', ({ detail }) => { seen.events.push(`closed${detail === null ? '' : `: ${detail.name}`}`) })
  return seen
}

describe('ChannelStreams', () => {
  it('carries a stream to its end in frames of envelopes', () => {
    const { a, accepted, frames, run } = ends((stream) => { collect(stream) })
    const stream = a.open()
    const seen = collect(stream)
    stream.send(new Uint8Array(100_000))
    stream.close()
    run()
    accepted[0].close()
    run()
    assert.ok(frames.every((frame) => frame[0] === FrameType.stream))
    assert.deepEqual(seen.events, ['end', 'closed'])
    assert.equal(accepted[0].isClosed, true)
  })

  it('keeps what comes until somebody listens', () => {
    const { a, accepted, run } = ends()
    a.open().send(new Uint8Array(5_000))
    run()
    assert.equal(collect(accepted[0]).bytes, 5_000)
  })

  it('keeps what comes while paused, whoever begins to listen', () => {
    const { a, accepted, run } = ends((stream) => { stream.pause() })
    a.open().send(new Uint8Array(5_000))
    run()
    const seen = collect(accepted[0])
    assert.equal(seen.bytes, 0)
    accepted[0].resume()
    assert.equal(seen.bytes, 5_000)
  })

  it('says wait when much is to be sent, and when there is room again', () => {
    const { a, run } = ends((stream) => { collect(stream) })
    const stream = a.open()
    let drains = 0
    stream.addEventListener('drain', () => { drains++ })
    assert.equal(stream.send(new Uint8Array(1_000_000)), false)
    run()
    assert.equal(drains, 1)
    assert.equal(stream.unsentBytes, 0)
  })

  it('acknowledges what came in one tick by one frame', () => {
    const { a, b, frames, run } = ends((stream) => { collect(stream) })
    a.open().send(new Uint8Array(100_000))
    run(1)
    const there = frames.length
    run(DELAY_MS + 2)
    assert.ok(there >= 4, `${there} frames`)
    assert.ok(b.connection.sentPackets <= 3, `${b.connection.sentPackets} acks for ${there}`)
  })

  it('tries again what was refused', () => {
    const all = ends((stream) => { collect(stream) })
    all.refuses = true
    const stream = all.a.open()
    stream.send(new Uint8Array(3_000))
    all.run(50)
    assert.equal(all.frames.length, 0)
    all.refuses = false
    all.run(50)
    assert.equal(stream.unsentBytes, 0)
    assert.equal(all.accepted.length, 1)
  })

  it('regression: tries less and less often what is refused for long, and soon enough', () => {
    const all = ends((stream) => { collect(stream) })
    all.refuses = true
    const stream = all.a.open()
    stream.send(new Uint8Array(3_000))
    all.run(1_000)
    assert.ok(all.calls > 5 && all.calls <= 25, `${all.calls} times in a second`)
    all.refuses = false
    all.run(100)
    assert.equal(stream.unsentBytes, 0)
  })

  it('begins with short waits again when something has left', () => {
    const all = ends((stream) => { collect(stream) })
    const stream = all.a.open()
    const refuseFor = (ms: number, bytes: number): number => {
      all.refuses = true
      stream.send(new Uint8Array(bytes))
      const { calls } = all
      all.run(ms)
      all.refuses = false
      return all.calls - calls
    }
    refuseFor(1_000, 100)
    all.run(200)
    assert.equal(stream.unsentBytes, 0)
    assert.equal(refuseFor(20, 100), 3, 'at once, after 5 and after 15 ms')
  })

  it('begins with short waits again when something has come', () => {
    const all = ends((stream) => { collect(stream) })
    const stream = all.a.open()
    stream.send(new Uint8Array(100))
    all.run(100)
    all.isCutOff = true
    stream.send(new Uint8Array(100))
    all.run(1_000)
    all.accepted[0].send(new Uint8Array(100))
    all.run(DELAY_MS + 1)
    all.isCutOff = false
    all.run(DELAY_MS + 2)
    assert.equal(stream.unsentBytes, 0)
  })

  it('regression: seals nothing while there is no link', () => {
    const all = ends((stream) => { collect(stream) })
    all.isCutOff = true
    const stream = all.a.open()
    stream.send(new Uint8Array(3_000))
    all.run(1_000)
    assert.equal(all.calls, 0)
    all.isCutOff = false
    all.run(100)
    assert.equal(stream.unsentBytes, 0)
  })

  it('goes on at once when the first link calls, though much was refused before', () => {
    const all = ends((stream) => { collect(stream) })
    const stream = all.a.open()
    all.refuses = true
    stream.send(new Uint8Array(3_000))
    all.run(1_000)
    all.link.ownStreamBytes = 1
    stream.send(new Uint8Array(1))
    all.run(1)
    all.refuses = false
    all.link.ownStreamBytes = 0
    all.link.call()
    assert.equal(stream.unsentBytes, 0)
  })

  it('keeps in the streams what the first link does not take, acknowledges meanwhile, and goes on when it is called', () => {
    const all = ends((stream) => { collect(stream) })
    const stream = all.a.open()
    stream.send(new Uint8Array(2_000))
    all.run(50)
    const back = all.accepted[0]
    collect(stream)
    all.link.ownStreamBytes = 1
    stream.send(new Uint8Array(200_000))
    back.send(new Uint8Array(2_000))
    const before = all.frames.length
    all.run(50)
    assert.equal(all.frames.length - before, 2, 'what came back, and an ack for it')
    assert.equal(stream.unsentBytes, 200_000)
    all.link.ownStreamBytes = 0
    all.link.call()
    all.run(200)
    assert.equal(stream.unsentBytes, 0)
  })

  it('goes on over another path when told that there is one', () => {
    const all = ends()
    const stream = all.a.open()
    stream.send(new Uint8Array(3_000))
    all.run(100)
    const seen = collect(all.accepted[0])
    all.isDown = true
    stream.send(new Uint8Array(3_000))
    all.run(400)
    all.isDown = false
    all.a.pathChanged('another', 2 * DELAY_MS)
    all.run(DELAY_MS + 3)
    assert.equal(seen.bytes, 6_000)
  })

  it('resets both directions, and tells the other end why', () => {
    const { a, accepted, run } = ends()
    const stream = a.open()
    stream.send(new Uint8Array(10))
    run(50)
    const seen = collect(accepted[0])
    stream.abort(9)
    run()
    assert.deepEqual(seen.events, ['incoming reset 9', 'outgoing reset 9', 'closed: StreamResetError'])
    assert.throws(() => stream.send(new Uint8Array(1)), { name: 'StreamResetError', resetCode: 9, remote: false })
  })

  it('regression: lets what has come whole be read after the peer has closed the channel, for it was told that it is here', () => {
    const { a, b, accepted, run } = ends((stream) => {
      stream.pause()
      stream.close()
    })
    const stream = a.open()
    const sender = collect(stream)
    stream.send(new Uint8Array(100_000))
    stream.close()
    run()
    assert.deepEqual(sender.events, ['end', 'closed'])
    const receiver = collect(accepted[0])
    a.close()
    b.close(true)
    assert.deepEqual(receiver, { bytes: 0, events: [] })
    accepted[0].resume()
    assert.deepEqual(receiver, { bytes: 100_000, events: ['end', 'closed'] })
  })

  it('regression: closes what nobody reads half a minute after the peer has closed the channel, and keeps no timer for what is read', () => {
    for (const isRead of [true, false]) {
      const { a, b, accepted, timers, run } = ends((stream) => {
        stream.pause()
        stream.close()
      })
      const stream = a.open()
      stream.send(new Uint8Array(5_000))
      stream.close()
      run()
      const receiver = collect(accepted[0])
      a.close()
      run(2_000)
      const running = timers.running
      b.close(true)
      if (isRead) {
        accepted[0].resume()
        assert.equal(timers.running, running)
      }
      run(31_000)
      assert.deepEqual(receiver, isRead ? { bytes: 5_000, events: ['end', 'closed'] } : { bytes: 0, events: ['closed: StreamClosedError'] })
    }
  })

  it('says so, when all is read, where it is not known whether the peer got all before it closed the channel', () => {
    const all = ends((stream) => { stream.pause() })
    const stream = all.a.open()
    stream.send(new Uint8Array(100_000))
    stream.close()
    all.run()
    const receiver = collect(all.accepted[0])
    all.isDown = true
    all.accepted[0].send(new Uint8Array(10))
    all.accepted[0].close()
    all.b.close(true)
    assert.deepEqual(receiver.events, [])
    all.accepted[0].resume()
    assert.deepEqual(receiver, { bytes: 100_000, events: ['end', 'closed: StreamClosedError'] })
  })

  it('ends at once with the channel what has not come whole, what may still be written to, and all when it is closed here', () => {
    const ENDINGS: Array<[string, (sender: ChannelStream, receiver: ChannelStream) => void, boolean]> = [
      ['not whole', (sender, receiver) => { receiver.close() }, true],
      ['still open for writing', (sender) => { sender.close() }, true],
      ['closed here', (sender, receiver) => {
        sender.close()
        receiver.close()
      }, false]
    ]
    for (const [what, act, isByPeer] of ENDINGS) {
      const { a, b, accepted, run } = ends((stream) => { stream.pause() })
      const stream = a.open()
      stream.send(new Uint8Array(5_000))
      run()
      act(stream, accepted[0])
      run()
      const receiver = collect(accepted[0])
      b.close(isByPeer)
      accepted[0].resume()
      assert.deepEqual(receiver, { bytes: 0, events: ['closed: StreamClosedError'] }, what)
    }
  })

  it('ends all streams with the channel, and starts no timer after that', () => {
    const { a, timers, run } = ends()
    const stream = a.open()
    const seen = collect(stream)
    stream.send(new Uint8Array(1_000_000))
    run(3)
    a.close()
    assert.deepEqual(seen.events, ['closed: StreamClosedError'])
    assert.throws(() => stream.send(new Uint8Array(1)), { name: 'StreamClosedError' })
    assert.throws(() => a.open(), { name: 'StreamClosedError' })
    run(2_000)
    const running = timers.running
    run(2_000)
    assert.ok(timers.running <= running)
  })

  it('regression: sends nothing more, and starts no timer, when the channel is closed by who hears that there is room', () => {
    const { a, b, frames, timers, run } = ends((stream) => { collect(stream) })
    const stream = a.open()
    const ofData = (): number => frames.filter(({ length }) => length > 1_000).length
    let atClose = 0
    stream.addEventListener('drain', () => {
      a.close()
      atClose = ofData()
    })
    stream.send(new Uint8Array(1_000_000))
    run(3_000)
    assert.ok(atClose > 0)
    assert.equal(ofData(), atClose)
    b.close()
    run(10)
    assert.equal(timers.running, 0)
  })

  it('regression: asks the first link for no call any more when the channel is closed', () => {
    const all = ends((stream) => { collect(stream) })
    all.link.ownStreamBytes = 1
    all.a.open().send(new Uint8Array(1_000))
    all.run(5)
    assert.equal(all.link.waiting(), 1)
    all.a.close()
    assert.equal(all.link.waiting(), 0)
  })

  for (const { title, pieces } of [{ title: 'the last bytes', pieces: 1 }, { title: 'bytes behind which others wait', pieces: 3 }]) {
    it(`regression: has "closed" as the last word when a listener closes the channel while it gets ${title}`, () => {
      const { a, b, accepted, run } = ends((stream) => { stream.pause() })
      const stream = a.open()
      for (let i = 0; i < pieces; i++) {
        stream.send(new Uint8Array(1_000))
        run(1)
      }
      stream.close()
      run()
      const seen = collect(accepted[0])
      accepted[0].addEventListener('message', () => { b.close() })
      accepted[0].resume()
      accepted[0].resume()
      assert.deepEqual(seen, { bytes: 1_000, events: ['closed: StreamClosedError'] })
    })
  }

  it('does not need a timer for each packet', () => {
    const all = ends((stream) => { collect(stream) })
    let started = 0
    const { startTimer } = all.timers
    // packets on their way are timers too, one each
    ;(all.timers as { startTimer: typeof startTimer }).startTimer = startTimer
    const stream = all.a.open()
    for (let i = 0; i < 100; i++) {
      stream.send(new Uint8Array(1_000))
      all.run(1)
      started = Math.max(started, all.timers.running)
    }
    assert.ok(started < 40, `${started} timers and packets at once`)
  })
})
