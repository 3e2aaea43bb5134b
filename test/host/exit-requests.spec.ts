import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { AttachStatus } from '../../protocols/envelope/constants.ts'
import { ExitRequests } from '../../src/host/exit-requests.ts'
import { decodeFrame } from '../../protocols/envelope/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

const [A, B] = await Promise.all([1, 2].map(peerOf))
const exitAt = (peer: PeerId): VerifiedDescriptor => ({ peer, bytes: peer.toMultihash().bytes }) as unknown as VerifiedDescriptor

describe('exit requests', () => {
  let sent: Uint8Array[]
  let canSend: boolean
  let requests: ExitRequests

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    [sent, canSend] = [[], true]
    requests = new ExitRequests((request) => {
      sent.push(request)
      return canSend
    })
  })

  afterEach(() => { mock.timers.reset() })

  for (const { status, answer } of [
    { status: AttachStatus.attached, answer: 'attached' },
    { status: AttachStatus.unreachable, answer: 'declined' },
    { status: AttachStatus.invalidDescriptor, answer: 'declined' },
    { status: AttachStatus.tooMany, answer: 'full' },
    { status: 200, answer: 'declined' }
  ]) {
    it(`say '${answer}' when the peer answers with status ${status}`, async () => {
      const result = requests.attach(exitAt(A))
      requests.answered(nodeIdOf(A), status)
      assert.equal(await result, answer)
      assert.deepEqual(decodeFrame(sent[0]), { type: 'attach-request', descriptor: A.toMultihash().bytes })
    })
  }

  it('are sent once for all paths over the same exit', async () => {
    const results = [requests.attach(exitAt(A)), requests.attach(exitAt(A)), requests.attach(exitAt(B))]
    requests.answered(nodeIdOf(A), AttachStatus.attached)
    requests.answered(nodeIdOf(B), AttachStatus.unreachable)
    assert.deepEqual(await Promise.all(results), ['attached', 'attached', 'declined'])
    assert.equal(sent.length, 2)
  })

  it('take an answer for the exit that it names only', async () => {
    const result = requests.attach(exitAt(A))
    requests.answered(nodeIdOf(B), AttachStatus.attached)
    mock.timers.tick(5_000)
    assert.equal(await result, 'silent')
  })

  it('regression: are sent once more when no answer comes, and no more than that', async () => {
    const result = requests.attach(exitAt(A))
    mock.timers.tick(999)
    assert.equal(sent.length, 1)
    mock.timers.tick(1)
    assert.deepEqual(sent.map((request) => decodeFrame(request)), Array(2).fill({ type: 'attach-request', descriptor: A.toMultihash().bytes }))
    requests.answered(nodeIdOf(A), AttachStatus.attached)
    assert.equal(await result, 'attached')
    mock.timers.tick(10_000)
    assert.equal(sent.length, 2)
  })

  it('are not sent once more when the answer has come', async () => {
    const result = requests.attach(exitAt(A))
    requests.answered(nodeIdOf(A), AttachStatus.attached)
    await result
    mock.timers.tick(1_000)
    assert.equal(sent.length, 1)
  })

  it('regression: wait five seconds for an answer, whose absence says nothing of the exit, and not at all when the request could not be sent', async () => {
    const result = requests.attach(exitAt(A))
    mock.timers.tick(4_999)
    assert.equal(await Promise.race([result, Promise.resolve('waits')]), 'waits')
    mock.timers.tick(1)
    assert.equal(await result, 'silent')
    canSend = false
    assert.equal(await requests.attach(exitAt(B)), 'not-asked')
  })

  it('wait no longer when the channel has ended', async () => {
    const result = requests.attach(exitAt(A))
    requests.stop()
    assert.equal(await result, 'not-asked')
  })

  it('are sent anew after an answer', async () => {
    const first = requests.attach(exitAt(A))
    requests.answered(nodeIdOf(A), AttachStatus.unreachable)
    await first
    void requests.attach(exitAt(A))
    requests.stop()
    assert.equal(sent.length, 2)
  })
})
