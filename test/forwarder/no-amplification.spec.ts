// No answer of set-up is larger than its request: whatever comes in frames, over a stream without a network and over real nodes, to
// forwarders in peace and under load and to a destination.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES, MessageType, SETUP_PROTOCOL } from '../../protocols/setup/constants.ts'
import { FrameReader, encodeFrame } from '../../protocols/request-stream/frames.ts'
import { SetUpGate } from '../../src/defence/set-up-gate.ts'
import { encodeBind, encodeRefresh, encodeRemove } from '../../protocols/setup/codec.ts'
import { serveGatedSetUp } from '../../src/defence/set-up-callers.ts'
import { serveSetup } from '../../protocols/setup/server.ts'
import { settled, SILENT } from '../helpers/virtual-overlay.ts'
import { pairOfNodes } from '../protocols/request-response.samples.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { ANY_LABEL, authorityOf, flipped, installOf, orderOver, unsignedInstall } from './attack-samples.ts'
import { ForgeryScene } from './forgery-scene.ts'
import type { Frame } from '../../protocols/request-stream/frames.ts'
import type { SetupRequest } from '../../protocols/setup/server.ts'
import type { Target } from './forgery-scene.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

const MAX_BODY_BYTES = MAX_FRAME_BYTES - FRAME_HEADER_BYTES
const SEED = 20_261_124

/** A valid message, and what becomes of it. */
interface Shape {
  sample: number
  type?: number
  status?: number
  keep?: number
  padding: Uint8Array
  flips: number[]
  /** In place of all of it. */
  noise?: Uint8Array
  target: number
  admit: number
}

/** Once in `times`, else what leaves the message as it is. */
const once = <T, U>(times: number, arbitrary: fc.Arbitrary<T>, none: U): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(none) }, { weight: 1, arbitrary })

const shapes = fc.array(fc.record<Shape>({
  sample: fc.noBias(fc.nat(9_999)),
  type: once(8, fc.nat(255), undefined),
  status: once(12, fc.nat(255), undefined),
  keep: once(6, fc.nat(2_000), undefined),
  padding: once(6, fc.uint8Array({ maxLength: 2_000, size: 'max' }), new Uint8Array()),
  flips: once(6, fc.array(fc.nat(20_000), { maxLength: 3 }), []),
  noise: once(6, fc.uint8Array({ maxLength: 300, size: 'max' }), undefined),
  target: fc.nat(3),
  admit: once(10, fc.constant(-1), 0)
}), { minLength: 1, maxLength: 24, size: 'max' })

describe('answers of set-up', function () {
  this.timeout(30_000)

  let scene: ForgeryScene
  let samples: Array<{ type: number, body: Uint8Array }>
  let targets: Target[]
  const pair = pairOfNodes()
  const figures = { frames: 0, done: 0, requestBytes: 0, answerBytes: 0, largest: 0 }

  before(async () => {
    scene = await ForgeryScene.create()
    await scene.prepare()
    const { f, peers, own, nowMs, standing, unbound } = scene
    targets = [scene.f2, scene.d, scene.busyOne, scene.f2].map((target, i): Target => async (request) => target(request, [f[0].peer, f[2].peer, f[0].peer, peers.attacker][i]))
    samples = [
      ...scene.blocks.flatMap((block) => [1, 3].map((index) => ({ type: MessageType.install, body: installOf(block, index) }))),
      ...standing.flatMap(({ label, chain }) => [
        { type: MessageType.refresh, body: encodeRefresh({ label, chain: chain.next() as Uint8Array }) },
        { type: MessageType.remove, body: encodeRemove({ label }) }
      ]),
      // nobody minds how often a source asks for these
      ...own.offers.map((offer) => ({
        type: MessageType.install,
        body: unsignedInstall(authorityOf(own, offer), orderOver(own, offer.path, nowMs, { want: 'authenticators' }), 1, { bound: true })
      })),
      ...unbound.map(({ signed: { id } }) => ({ type: MessageType.bind, body: encodeBind({ orderId: id, backLabel: ANY_LABEL }) })),
      { type: MessageType.remove, body: encodeRemove({ orderId: scene.blocks[0].signed.id }) }
    ]
  })

  after(() => {
    const { frames, done, requestBytes, answerBytes, largest } = figures
    console.log(`    ${frames.toLocaleString('en')} frames, ${done} of them done: answers of ${(answerBytes / requestBytes).toFixed(2)} of their requests' bytes, ${largest.toFixed(2)} at most`)
  })

  function frameOf ({ sample, type, status = 0, keep = MAX_BODY_BYTES, padding, flips, noise }: Shape, exchange: number): Frame {
    const { type: ownType, body } = samples[sample % samples.length]
    const shaped = noise ?? concat([flips.reduce(flipped, body.subarray(0, Math.max(1, keep))), padding]).subarray(0, MAX_BODY_BYTES)
    return { type: type ?? ownType, status, exchange, body: keep === 0 ? new Uint8Array() : shaped }
  }

  /** Every request has one answer, and none is larger. */
  function check (sent: readonly Frame[], answers: readonly Frame[]): void {
    assert.equal(answers.length, sent.length)
    for (const answer of answers) {
      const request = sent[answer.exchange]
      const [asked, told] = [request, answer].map(({ body }) => FRAME_HEADER_BYTES + body.length)
      assert.ok(told <= asked, `${told} bytes answer ${asked}`)
      figures.frames++
      figures.done += answer.status === 0 ? 1 : 0
      figures.requestBytes += asked
      figures.answerBytes += told
      figures.largest = Math.max(figures.largest, told / asked)
    }
  }

  it('are never larger than their requests', async () => {
    await fc.assert(fc.asyncProperty(shapes, async (list) => {
      const wire = await openWire({
        admit: (nth) => list[nth].admit,
        handle: async (request, nth) => targets[list[nth].target](request, scene.peers.source)
      })
      const frames = list.map(frameOf)
      wire.push(concat(frames.map((frame) => encodeFrame(frame, MAX_FRAME_BYTES))))
      for (let turns = 0; turns < 50 && wire.answers.length < frames.length; turns++) {
        await settled()
      }
      check(frames, wire.answers)
    }), { seed: SEED, numRuns: 4_000 })
    assert.ok(figures.done > 100, 'some are done, and told so')
  })

  it('are never larger than their requests over real nodes', async () => {
    const random = seededRandom(SEED)
    const stop = await serveGatedSetUp(pair.registrar, {
      gate: new SetUpGate({ limits: { callerPerSecond: 1e6, callerBurst: 1e6, prefixPerSecond: 1e6, prefixBurst: 1e6 } }),
      isForwarder: () => false,
      handle: async (request) => targets[Math.floor(random() * 4)](request, scene.peers.source),
      log: SILENT
    })
    const stream = await pair.connection.newStream(SETUP_PROTOCOL)
    const answers: Frame[] = []
    const reader = new FrameReader(MAX_FRAME_BYTES, (frame) => answers.push(frame) > 0)
    stream.addEventListener('message', ({ data }) => { reader.push(data) })
    const frames = fc.sample(shapes, { seed: SEED + 1, numRuns: 40 }).flat().map(frameOf)
    for (let first = 0; first < frames.length; first += 20) {
      const part = frames.slice(first, first + 20)
      stream.send(concat(part.map((frame) => encodeFrame(frame, MAX_FRAME_BYTES))))
      for (let waits = 0; waits < 500 && answers.length < first + part.length; waits++) {
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    await stop()
    check(frames, answers)
  })
})

/** What stands between a stream and `serveSetup` in place of a network. */
interface Wire {
  push: (bytes: Uint8Array) => void
  answers: Frame[]
}

interface WireInit {
  /** As the server's, for the nth frame. */
  admit: (nth: number) => number
  handle: (request: SetupRequest, nth: number) => ReturnType<Target>
}

async function openWire ({ admit, handle }: WireInit): Promise<Wire> {
  const answers: Frame[] = []
  const reader = new FrameReader(MAX_FRAME_BYTES, (frame) => answers.push(frame) > 0)
  const stream = Object.assign(new EventTarget(), {
    status: 'open',
    writeStatus: 'writable',
    remoteWriteStatus: 'writable',
    writableNeedsDrain: false,
    writeBufferLength: 0,
    readBufferLength: 0,
    send: (bytes: Uint8Array) => reader.push(bytes) === undefined,
    abort: (error: Error) => { throw error }
  })
  let open: ((stream: Stream, connection: Connection) => void) | undefined
  const registrar = { handle: async (_: string, handler: typeof open) => { open = handler } }
  let nth = -1
  await serveSetup(registrar as unknown as Registrar, {
    admit: () => admit(++nth),
    handle: async (request) => handle(request, nth)
  })
  open?.(stream as unknown as Stream, { remotePeer: 'caller' } as unknown as Connection)
  return { answers, push: (data) => { stream.dispatchEvent(Object.assign(new Event('message'), { data })) } }
}
