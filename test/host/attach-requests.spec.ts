import assert from 'node:assert/strict'
import { AttachRequests } from '../../src/host/attach-requests.ts'
import { AttachStatus } from '../../protocols/envelope/constants.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { NETWORK, NOW_MS, descriptorOf, keyOf, peerOf } from '../helpers/descriptors.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'
import type { AttachAnswer } from '../../src/host/attach-requests.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

const REMOTE = await peerOf(1)
const FORWARDERS = await Promise.all(Array.from({ length: 40 }, async (_, i) => sealDescriptor(await descriptorOf(10 + i), await keyOf(10 + i))))
const nodeOf = async (i: number): Promise<Uint8Array> => nodeIdOf(await peerOf(10 + i))

describe('requests of a peer to attach', () => {
  let nowMs: number
  let hasRoom: boolean
  /** Whether the forwarder can be reached; while it is not resolved it does not answer. */
  let reached: PromiseWithResolvers<boolean>
  let asked: PeerId[]
  let channel: { isClosed: boolean }
  let requests: AttachRequests

  beforeEach(() => {
    nowMs = 0
    hasRoom = true
    reached = Promise.withResolvers()
    asked = []
    channel = { isClosed: false }
    requests = new AttachRequests({
      remote: REMOTE,
      channel,
      access: {
        mayAskFor: () => hasRoom,
        attachTo: async ({ peer }: VerifiedDescriptor, _, __, owner) => {
          assert.equal(owner, REMOTE, 'the peer that asks is charged')
          asked.push(peer)
          return hasRoom && await reached.promise
        }
      },
      verification: () => ({ nowMs: NOW_MS, network: NETWORK }),
      now: () => nowMs,
      log: SILENT
    })
  })

  for (const { title, isReached, status } of [
    { title: 'attached when the forwarder could be reached', isReached: true, status: AttachStatus.attached },
    { title: 'unreachable when it could not', isReached: false, status: AttachStatus.unreachable }
  ]) {
    it(`are answered with ${title}`, async () => {
      reached.resolve(isReached)
      assert.deepEqual(await requests.take(FORWARDERS[0]), { forwarder: await nodeOf(0), status })
    })
  }

  it('regression: are answered with "too many" where there is no room, so that the asker does not hold it against the forwarder', async () => {
    hasRoom = false
    assert.deepEqual(await requests.take(FORWARDERS[0]), { forwarder: await nodeOf(0), status: AttachStatus.tooMany })
  })

  it('regression: are answered under the name of the forwarder also when its descriptor does not hold', async () => {
    const altered = FORWARDERS[0].map((byte, i) => i === FORWARDERS[0].length - 1 ? byte ^ 1 : byte)
    assert.deepEqual(await requests.take(altered), { forwarder: await nodeOf(0), status: AttachStatus.invalidDescriptor })
    assert.deepEqual(await requests.take(Uint8Array.of(1, 2, 3)), { forwarder: new Uint8Array(16), status: AttachStatus.invalidDescriptor })
    assert.deepEqual(asked, [])
  })

  it('regression: for the same forwarder are one while that is tried', async () => {
    const answers = Array.from({ length: 100 }, async () => requests.take(FORWARDERS[0]))
    reached.resolve(true)
    assert.equal((await Promise.all(answers)).filter((answer) => answer !== undefined).length, 1)
    assert.equal(asked.length, 1)
  })

  it('regression: are tried so many at once, and so many a second', async () => {
    const statuses = (answers: Array<AttachAnswer | undefined>): number[] => answers.map((answer) => answer?.status ?? -1)
    const first = FORWARDERS.slice(0, 20).map(async (descriptor) => requests.take(descriptor))
    nowMs = 1_500
    const second = FORWARDERS.slice(20).map(async (descriptor) => requests.take(descriptor))
    reached.resolve(true)
    assert.deepEqual(statuses(await Promise.all(first)), [...Array(8).fill(AttachStatus.attached), ...Array(12).fill(AttachStatus.tooMany)])
    assert.deepEqual(statuses(await Promise.all(second)), [...Array(4).fill(AttachStatus.attached), ...Array(16).fill(AttachStatus.tooMany)])
    assert.equal(asked.length, 12)
  })

  it('come to nothing when the channel has ended meanwhile', async () => {
    const answer = requests.take(FORWARDERS[0])
    channel.isClosed = true
    assert.equal(await answer, undefined)
    assert.deepEqual(asked, [])
  })
})
