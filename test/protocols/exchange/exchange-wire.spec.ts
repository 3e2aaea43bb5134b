import assert from 'node:assert/strict'
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import { NEXT, RSP_EXCHANGES } from '../../../protocols/exchange/exchange-protocol.ts'
import { exchange } from '../../../protocols/request-stream/connection-streams.ts'
import { MAX_REQUEST_BYTES } from '../../../protocols/exchange/constants.ts'
import { nextBatch } from '../../../protocols/exchange/client.ts'
import { NotFoundError } from '../../../protocols/errors.ts'
import { serveExchange } from '../../../protocols/exchange/server.ts'
import type { Connection } from '@libp2p/interface'
import type { ExchangeServiceHandlers } from '../../../protocols/exchange/server.ts'
import type { TestNode } from '../../helpers/nodes.ts'
import type { VerifiedBatch } from '../../../protocols/exchange/sealed-batch.ts'

describe('protocols/exchange over libp2p', () => {
  let teller: TestNode
  let rival: TestNode

  beforeEach(async () => {
    ;[teller, rival] = [await createNode(), await createNode()]
  })

  afterEach(async () => {
    await stopNodes()
  })

  const serve = async (handlers: Partial<ExchangeServiceHandlers>): Promise<void> => {
    await serveExchange(teller.services.internals.registrar, { admit: () => 0, subscribe: async () => { throw new NotFoundError('nobody subscribes here') }, next: async () => undefined, ...handlers })
  }
  const ask = async (connection: Connection): Promise<VerifiedBatch | undefined> =>
    nextBatch(connection, { after: 0n, waitMs: 0 }, { rsp: teller.peerId, now: Date.now } as unknown as Parameters<typeof nextBatch>[2])

  it('does not read on while a rival is to wait, and answers others meanwhile', async () => {
    const other = await createNode()
    const [toTeller, otherToTeller] = [await connected(rival, teller), await connected(other, teller)]
    const seen = Promise.withResolvers<void>()
    let isHeld = true
    await serve({
      admit: ({ peer }) => {
        if (!peer.equals(rival.peerId) || !isHeld) {
          return 0
        }
        seen.resolve()
        return 5
      }
    })
    const answered: string[] = []
    const held = ask(toTeller).then(() => { answered.push('held') })
    await seen.promise
    await ask(otherToTeller)
    answered.push('other')
    isHeld = false
    await held
    assert.deepEqual(answered, ['other', 'held'])
  })

  it('refuses a rival that is not to ask at all', async () => {
    await serve({ admit: () => -1 })
    await assert.rejects(ask(await connected(rival, teller)), { name: 'OverQuotaError', remote: true })
  })

  it('says by type what is wrong, and answers the next question as ever', async () => {
    await serve({})
    const connection = await connected(rival, teller)
    await assert.rejects(exchange(connection, RSP_EXCHANGES, NEXT, new Uint8Array(40).fill(0xff)), { name: 'MalformedMessageError', remote: true })
    await assert.rejects(exchange(connection, RSP_EXCHANGES, NEXT, new Uint8Array(MAX_REQUEST_BYTES + 1)), { name: 'MessageTooLargeError', remote: true })
    assert.equal(await ask(connection), undefined)
  })
})
