import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { SilentConnections } from '../../src/link/silent-connections.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { FakeStream } from './fake-stream.ts'
import type { Connection, Stream } from '@libp2p/interface'

const PEER = await peerOf(1)

describe('silent connections', () => {
  let silent: SilentConnections
  let answer: PromiseWithResolvers<Stream>
  let asked: string[]
  let ended: number
  let heard: number
  let nowMs: number
  let connection: Connection

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] })
    nowMs = 0
    mock.method(Date, 'now', () => nowMs)
    silent = new SilentConnections()
    answer = Promise.withResolvers()
    asked = []
    ended = 0
    heard = 0
    const fake = {
      status: 'open',
      remotePeer: PEER,
      newStream: async (protocol: string, { signal }: { signal: AbortSignal }) => {
        asked.push(protocol)
        signal.addEventListener('abort', () => { answer.reject(signal.reason as Error) })
        return answer.promise
      },
      abort: () => {
        ended++
        fake.status = 'aborted'
      }
    }
    connection = fake as unknown as Connection
  })

  afterEach(() => {
    silent.stop()
    mock.restoreAll()
    mock.timers.reset()
  })

  async function advance (seconds: number): Promise<void> {
    for (; seconds > 0; seconds--) {
      await new Promise(setImmediate)
      nowMs += 1_000
      mock.timers.tick(1_000)
    }
  }

  const check = (): void => { silent.check(connection, () => heard) }

  it('regression: ends a connection over which nothing comes for ten seconds, and asks the peer once', async () => {
    check()
    check()
    await advance(9)
    assert.deepEqual([asked, ended], [['/ipfs/ping/1.0.0'], 0])
    await advance(1)
    check()
    assert.deepEqual([asked.length, ended], [1, 1])
  })

  it('leaves a connection alone whose peer answers late, or refuses', async () => {
    check()
    await advance(9)
    answer.resolve(new FakeStream().asStream)
    await advance(20)
    answer = Promise.withResolvers()
    check()
    await advance(9)
    answer.reject(new Error('this protocol is not spoken here'))
    await advance(20)
    assert.deepEqual([asked.length, ended], [2, 0])
  })

  it('leaves a connection alone over which anything else comes', async () => {
    check()
    await advance(5)
    heard++
    await advance(20)
    assert.equal(ended, 0)
  })

  it('does not take for silence what this process, or its machine, slept through', async () => {
    check()
    await advance(9)
    nowMs += 3_600_000
    await advance(10)
    assert.equal(ended, 0)
    await advance(1)
    assert.equal(ended, 1)
  })

  it('ends nothing after it was stopped', async () => {
    check()
    await advance(9)
    silent.stop()
    await advance(20)
    assert.equal(ended, 0)
  })
})
