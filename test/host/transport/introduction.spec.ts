import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { INTRODUCTION_DEADLINE_MS, MAX_INTRODUCTION_BYTES } from '../../../protocols/identity/constants.ts'
import { NotFoundError, OverQuotaError } from '../../../protocols/errors.ts'
import { encodeIntroduction, sealBinding } from '../../../protocols/identity/codec.ts'
import { FirstMessage, frameOf } from '../../../protocols/identity/frames.ts'
import { introduce, welcome } from '../../../src/host/transport/introduction.ts'
import { joinedStreams } from './joined-streams.ts'
import { keyOf, NETWORK, NOW_MS, peerOf } from '../../helpers/descriptors.ts'
import type { ChannelStream } from '../../../src/host/stream/channel-stream.ts'
import type { Introduced, Verification } from '../../../src/host/transport/introduction.ts'
import type { JoinedStreams } from './joined-streams.ts'

const DIALLER = { application: 1, underlay: 2 }
const LISTENER = { application: 3, underlay: 4 }

type Welcome = Parameters<typeof welcome>[1]

async function bindingOf ({ application, underlay }: typeof DIALLER): Promise<Uint8Array> {
  return await sealBinding({ underlay: await peerOf(underlay), network: NETWORK, issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 600_000 }, await keyOf(application))
}

async function verificationOf ({ underlay }: typeof DIALLER): Promise<Verification> {
  return { nowMs: NOW_MS, network: NETWORK, underlay: await peerOf(underlay) }
}

describe('an introduction', () => {
  let ends: JoinedStreams
  let dialler: ChannelStream
  let listener: ChannelStream

  beforeEach(async () => {
    ends = joinedStreams()
    ;[dialler, listener] = await ends.open()
  })

  afterEach(() => { ends.close() })

  async function dial (binding?: Uint8Array, signal?: AbortSignal): Promise<Introduced> {
    return await introduce(dialler, {
      binding: binding ?? await bindingOf(DIALLER), to: await peerOf(LISTENER.application), verification: await verificationOf(LISTENER), signal
    })
  }

  async function listen (overrides: Partial<Welcome> = {}): Promise<Introduced> {
    const binding = await bindingOf(LISTENER)
    return await welcome(listener, { binding: () => binding, admit: () => {}, expects: () => {}, verification: await verificationOf(DIALLER), ...overrides })
  }

  /** The names of both ends' errors. */
  async function failures (dialled: Promise<Introduced>, listened: Promise<Introduced>): Promise<string[]> {
    return (await Promise.allSettled([dialled, listened])).map((result) => result.status === 'rejected' ? (result.reason as Error).name : 'none')
  }

  it('tells each side who speaks at the other end, and leaves what comes next to them', async () => {
    const [here, there] = await Promise.all([dial(), listen()])
    assert.equal(here.application.toString(), (await peerOf(LISTENER.application)).toString())
    assert.equal(there.application.toString(), (await peerOf(DIALLER.application)).toString())
    const received = new Promise<number[]>((resolve) => { listener.addEventListener('message', ({ detail }) => { resolve([...detail]) }) })
    dialler.send(Uint8Array.of(1, 2, 3))
    listener.resume()
    assert.deepEqual(await received, [1, 2, 3])
  })

  it('asks for an application, and hears when it is not there', async () => {
    const asked: string[] = []
    const listened = listen({ expects: (application) => { asked.push(application.toString()); throw new NotFoundError('nobody') } })
    const [dialled, refused] = await Promise.allSettled([dial(), listened])
    assert.ok(dialled.status === 'rejected' && refused.status === 'rejected')
    assert.deepEqual([dialled.reason.name, dialled.reason.remote, refused.reason.name], ['NotFoundError', true, 'NotFoundError'])
    assert.deepEqual(asked, [(await peerOf(LISTENER.application)).toString()])
  })

  it('is not even read when there is no room', async () => {
    const listened = listen({ admit: () => { throw new OverQuotaError('full') }, expects: () => { assert.fail('read') } })
    assert.deepEqual(await failures(dial(), listened), ['OverQuotaError', 'OverQuotaError'])
  })

  const impostors: Array<[title: string, binding: () => Promise<Uint8Array>, error: string]> = [
    ['shows the binding of another underlay', async () => bindingOf({ ...DIALLER, underlay: 5 }), 'InvalidSignatureError'],
    ['shows nothing', async () => new Uint8Array(), 'MalformedMessageError'],
    ['shows the binding of another network', async () => sealBinding({
      underlay: await peerOf(DIALLER.underlay), network: 'other', issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 1_000
    }, await keyOf(DIALLER.application)), 'WrongNetworkError']
  ]
  for (const [title, binding, error] of impostors) {
    it(`is refused when the dialler ${title}`, async () => {
      assert.deepEqual(await failures(dial(await binding()), listen()), [error, error])
    })
  }

  it('is refused by the dialler when another application answers than the one it asked for', async () => {
    const other = await bindingOf({ ...LISTENER, application: 6 })
    assert.deepEqual(await failures(dial(), listen({ binding: () => other })), ['InvalidSignatureError', 'none'])
  })

  it('is refused when bytes of the application come before the welcome', async () => {
    const listened = listen()
    dialler.send(Buffer.concat([frameOf(encodeIntroduction(await bindingOf(DIALLER), await peerOf(LISTENER.application))), Uint8Array.of(1)]))
    await assert.rejects(listened, { name: 'MalformedMessageError' })
  })

  it('is refused when it is too long, before it is there', async () => {
    const listened = listen()
    const over = MAX_INTRODUCTION_BYTES + 1
    dialler.send(Uint8Array.of(over >>> 8, over & 0xff))
    await assert.rejects(listened, { name: 'MessageTooLargeError' })
  })

  it('regression: is not gone on with after it was refused, though more of it waits', async () => {
    const take = mock.method(FirstMessage.prototype, 'take')
    try {
      listener.pause()
      const listened = listen()
      for (let i = 0; i < 3; i++) {
        dialler.send(new Uint8Array(1_000))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      listener.resume()
      await assert.rejects(listened, { name: 'MalformedMessageError' })
      assert.equal(take.mock.callCount(), 1)
    } finally {
      take.mock.restore()
    }
  })

  it('fails when the stream ends before', async () => {
    const listened = listen()
    dialler.close()
    await assert.rejects(listened, { name: 'UnavailableError' })
  })

  it('fails when the signal fires', async () => {
    await assert.rejects(dial(undefined, AbortSignal.timeout(20)), { name: 'TimeoutError' })
  })

  it('fails when the other side says nothing for too long', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const listened = listen()
      listened.catch(() => {})
      // what is before the wait are signatures
      await new Promise((resolve) => setImmediate(resolve))
      await assert.rejects(Promise.all([listened, ticks(INTRODUCTION_DEADLINE_MS)]), { name: 'DeadlineError' })
    } finally {
      mock.timers.reset()
    }
  })
})

/** Virtual time, with room for promises in between. */
async function ticks (ms: number): Promise<void> {
  for (let passed = 0; passed < 2 * ms; passed += 100) {
    mock.timers.tick(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
