import assert from 'node:assert/strict'
import { encodeAttachRequest } from '../../protocols/envelope/codec.ts'
import { IncomingChannel } from '../../src/host/incoming-channel.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { descriptorOf, keyOf, NETWORK, NOW_MS, peerOf } from '../helpers/descriptors.ts'
import type { Arrival } from '../../src/link/endpoint.ts'
import type { ChannelContext } from '../../src/host/channel.ts'
import type { Session } from '../../protocols/envelope/session.ts'

const REMOTE = await peerOf(1)
const FORWARDER = 2
const verification = { nowMs: NOW_MS, network: NETWORK }
const descriptor = await sealDescriptor(await descriptorOf(FORWARDER), await keyOf(FORWARDER))

describe('an incoming channel that is asked to attach to a forwarder', () => {
  let asked: object[]
  let channel: IncomingChannel

  beforeEach(() => {
    asked = []
    channel = new IncomingChannel({
      access: {
        mayAskFor: () => true,
        attachTo: async (_: unknown, __: number, askedBy: object) => {
          asked.push(askedBy)
          return true
        }
      },
      discovery: { verification },
      now: () => 0,
      log: () => {}
    } as unknown as ChannelContext, { remote: REMOTE, open: () => encodeAttachRequest(descriptor) } as unknown as Session)
    channel.receive({ from: { isUp: true }, payload: new Uint8Array(), answerOn: () => undefined } as unknown as Arrival)
  })

  /** The channel's own check of the signature was begun before. */
  async function checked (): Promise<void> {
    await openDescriptor(descriptor, verification)
    await new Promise((resolve) => setImmediate(resolve))
  }

  it('has its host attach, until it ends', async () => {
    await checked()
    assert.deepEqual(asked, [channel])
  })

  it('regression: asks for nothing once it has ended, since nobody would let go of it', async () => {
    channel.close()
    await checked()
    assert.deepEqual(asked, [])
  })
})
