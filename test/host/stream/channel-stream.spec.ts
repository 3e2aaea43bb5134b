// What an application sees of a stream, whatever its listeners do while they are told.
import assert from 'node:assert/strict'
import { ChannelStream } from '../../../src/host/stream/channel-stream.ts'
import { StreamState } from '../../../src/host/stream/stream-state.ts'

const BYTES = Uint8Array.from({ length: 50 }, (_, i) => i)

/** A stream, and its peer: `get` brings the bytes from one offset to another. */
function streamOf (): { stream: ChannelStream, get: (from: number, to: number, isLast?: boolean) => void } {
  const state = new StreamState(0, { waitingPieces: { count: 0 }, wantsToSend: () => {}, nowIs: () => {}, consumed: () => {}, over: () => {} })
  return {
    stream: new ChannelStream(state, () => 0),
    get: (from, to, isLast = false) => { assert.equal(state.receive(from, BYTES.slice(from, to), isLast), true) }
  }
}

/** The bytes that a new listener gets. */
function listen (stream: ChannelStream, then: () => void = () => {}): number[] {
  const bytes: number[] = []
  stream.addEventListener('message', ({ detail }) => {
    bytes.push(...detail)
    then()
  })
  return bytes
}

describe('ChannelStream', () => {
  const WITHIN: Array<[string, (stream: ChannelStream) => void]> = [
    ['resumes', (stream) => { stream.resume() }],
    ['pauses and resumes', (stream) => {
      stream.pause()
      stream.resume()
    }],
    ['gets company', (stream) => { stream.addEventListener('message', () => {}) }]
  ]
  for (const [what, act] of WITHIN) {
    it(`regression: loses nothing of what came early when a listener ${what} while it is told`, () => {
      const { stream, get } = streamOf()
      get(0, 10)
      get(20, 30)
      const bytes = listen(stream, () => { act(stream) })
      get(10, 20)
      get(30, 50)
      assert.deepEqual(bytes, [...BYTES])
    })
  }

  it('tells all listeners in the same order, and the end after all bytes, when the first one resumes', () => {
    const { stream, get } = streamOf()
    stream.pause()
    const first = listen(stream, () => { stream.resume() })
    const second = listen(stream)
    let seenAtEnd: number[] = []
    stream.addEventListener('remoteCloseWrite', () => { seenAtEnd = [...second] })
    get(30, 50, true)
    get(10, 20)
    get(0, 10)
    stream.resume()
    get(20, 30)
    assert.deepEqual([first, second, seenAtEnd], [[...BYTES], [...BYTES], [...BYTES]])
  })

  it('keeps the rest when a listener pauses while it is told', () => {
    const { stream, get } = streamOf()
    get(10, 20)
    get(30, 40)
    const bytes = listen(stream, () => { stream.pause() })
    get(0, 10)
    get(20, 30)
    assert.equal(bytes.length, 10)
    for (let i = 0; i < 5; i++) {
      stream.resume()
    }
    assert.deepEqual(bytes, [...BYTES.subarray(0, 40)])
  })

  it('hands out nothing more to who stops reading while it is told', () => {
    const { stream, get } = streamOf()
    get(10, 20, true)
    const bytes = listen(stream, () => { stream.abort() })
    get(0, 10)
    assert.equal(bytes.length, 10)
  })

  it('regression: keeps what comes after the last listener has gone, until there is another one', () => {
    const { stream, get } = streamOf()
    const once: number[] = []
    stream.addEventListener('message', ({ detail }) => { once.push(...detail) }, { once: true })
    get(0, 10)
    get(10, 20)
    const listener = ({ detail }: CustomEvent<Uint8Array>): void => { once.push(...detail) }
    stream.addEventListener('message', listener)
    stream.removeEventListener('message', listener)
    get(20, 30)
    assert.deepEqual(once, [...BYTES.subarray(0, 20)])
    assert.deepEqual(listen(stream), [...BYTES.subarray(20, 30)])
  })

  it('goes on while somebody listens who was there when another one left', () => {
    const { stream, get } = streamOf()
    const bytes = listen(stream)
    const listener = (): void => {}
    stream.addEventListener('message', listener)
    stream.removeEventListener('message', listener)
    get(0, 10)
    assert.equal(bytes.length, 10)
  })
})
