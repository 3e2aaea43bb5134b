import assert from 'node:assert/strict'
import { isNoRoute } from '../../src/cli/exit-codes.ts'
import { reach } from '../../src/cli/reach.ts'
import { NotFoundError } from '../../protocols/errors.ts'
import { peerOf } from '../helpers/descriptors.ts'

const PEER = await peerOf(1)
const NEVER = new AbortController().signal

/** Ends with its signal only. */
async function hang (signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => { reject(signal.reason as Error) })
  })
}

describe('reaching a destination', () => {
  it('regression: says that it cannot be reached when time is up, which is no fault of ours', async () => {
    const error = await reach(PEER, 5, NEVER, hang).catch((reason: unknown) => reason)
    assert.ok(isNoRoute(error))
    assert.equal((error as Error).message, `${PEER.toString()} could not be reached within 0.005 s`)
    assert.equal(((error as Error).cause as Error).name, 'TimeoutError')
  })

  it('gives what came before', async () => {
    assert.equal(await reach(PEER, 60_000, NEVER, async () => 'open'), 'open')
    await assert.rejects(reach(PEER, 60_000, NEVER, async () => { throw new NotFoundError('nobody knows it') }), { name: 'NotFoundError' })
  })

  it('ends with the reason of who does not want to wait any longer', async () => {
    const stop = new AbortController()
    const waiting = reach(PEER, 60_000, stop.signal, hang)
    stop.abort(new Error('stopped'))
    await assert.rejects(waiting, { message: 'stopped' })
  })
})
