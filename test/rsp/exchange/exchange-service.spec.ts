import assert from 'node:assert/strict'
import { EVERYTHING } from '../../../protocols/exchange/codec.ts'
import { ExchangeService } from '../../../src/rsp/exchange/exchange-service.ts'
import { ONE, peersFrom, READER, RSP, RSP_KEY, sampleMeasurement, TWO } from '../../protocols/exchange/samples.ts'
import { openBatch } from '../../../protocols/exchange/sealed-batch.ts'
import type { NextRequest } from '../../../protocols/exchange/codec.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'

const UP = { state: 'up', rttUs: 10_000, jitterUs: 0, lossPpm: 0, samples: 1, outcomes: 1 } as const

describe('what rivals ask for', () => {
  let nowMs: number
  /** Of its process, which nobody sets. */
  let clockMs: number
  let opened: number
  let credible: string | undefined
  let isAllowed: boolean
  let hasMeasured: boolean
  let service: ExchangeService

  beforeEach(() => {
    [nowMs, clockMs, opened, isAllowed, hasMeasured] = [1_000_000_000, 5_000, 0, true, true]
    credible = undefined
    service = new ExchangeService({
      privateKey: RSP_KEY,
      open: async () => {
        opened++
        return { roles: new Set(['rsp']) } as unknown as VerifiedDescriptor
      },
      isAllowed: () => isAllowed,
      isCredible: (rival) => rival === credible,
      tagsOf: () => undefined,
      links: () => [[String(ONE), String(TWO)]],
      readingOf: () => UP,
      measurementOf: () => hasMeasured ? sampleMeasurement() : undefined,
      now: () => nowMs,
      clock: () => clockMs
    })
  })

  const pass = (ms: number): void => {
    nowMs += ms
    clockMs += ms
  }
  const subscribe = async (scope = EVERYTHING): Promise<unknown> => service.subscribe({ descriptor: new Uint8Array(), scope, leaseMs: 60_000 }, READER)

  async function next (after: NextRequest['after']): Promise<bigint | undefined> {
    const batch = await service.next({ after, waitMs: 0 }, READER)
    return batch === undefined ? undefined : (await openBatch(batch, { rsp: RSP, subscriber: READER, nowMs })).sequence
  }

  it('goes on from where it was when the lease is extended, and begins anew with another scope', async () => {
    await subscribe()
    assert.equal(await next(0n), 1n)
    pass(50_000)
    await subscribe()
    assert.equal(await next(1n), undefined, 'nothing has changed')
    pass(50_000)
    assert.equal(await next(1n), undefined, 'the lease was extended')
    await subscribe({ ...EVERYTHING, nodes: [ONE] })
    assert.equal(await next(1n), 1n)
  })

  it('is not everything anew more than once a second, however often it subscribes', async () => {
    for (let time = 0; time < 3; time++) {
      await subscribe({ ...EVERYTHING, bothEnds: time % 2 === 0 })
      await next(0n)
    }
    await subscribe()
    await assert.rejects(next(0n), { name: 'OverQuotaError' })
    pass(1_000)
    assert.equal(typeof await next(0n), 'bigint')
  })

  it('finds a place when those without trust have had theirs for ten minutes, and takes none of a credible one', async () => {
    const silent = await peersFrom(500, 16)
    credible = String(silent[0])
    const ask = async (peer: typeof READER): Promise<unknown> => service.subscribe({ descriptor: new Uint8Array(), scope: EVERYTHING, leaseMs: 300_000 }, peer)
    for (let minute = 0; minute < 10; minute++) {
      for (const peer of silent) {
        await ask(peer)
      }
      await assert.rejects(ask(READER), { name: 'OverQuotaError' })
      pass(60_000)
    }
    await ask(READER)
    assert.deepEqual([service.status(credible)?.links, service.status(String(silent[1])), service.status(String(READER))?.links], [0, undefined, 0])
  })

  it('regression: is answered, and ends, in its time though the wall clock was set back by an hour', async () => {
    await subscribe()
    assert.equal(await next(0n), 1n)
    const admitted = (): number => Array.from({ length: 30 }, () => service.admit(READER)).filter((waitMs) => waitMs === 0).length
    assert.equal(admitted(), 20)
    nowMs -= 3_600_000
    clockMs += 30_000
    assert.equal(admitted(), 20)
    service.changed(String(ONE), String(TWO), UP)
    assert.equal(await next(1n), 2n, 'a link is told anew after half a minute')
    clockMs += 30_001
    await assert.rejects(next(2n), { name: 'NotFoundError' })
  })

  it('costs no check of a signature where it is not allowed', async () => {
    isAllowed = false
    await assert.rejects(subscribe(), { name: 'NotAuthorizedError' })
    assert.equal(opened, 0)
  })

  it('is no echo of a link of which there was nothing to tell', async () => {
    hasMeasured = false
    await subscribe()
    await next(0n)
    assert.equal(service.hasTold(String(ONE), String(TWO)), false)
    hasMeasured = true
    await next(0n)
    assert.equal(service.hasTold(String(TWO), String(ONE)), true)
  })
})
