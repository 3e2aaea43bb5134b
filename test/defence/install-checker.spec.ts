import assert from 'node:assert/strict'
import { NotAuthorizedError } from '../../protocols/errors.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import { InstallChecker } from '../../src/defence/install-checker.ts'
import { SetUpGate } from '../../src/defence/set-up-gate.ts'
import { NOW_MS, keyOf, peerOf } from '../helpers/descriptors.ts'
import { ANY_LABEL, batchOf, blockOf, installOf } from '../forwarder/attack-samples.ts'
import type { InstallCaller } from '../../src/defence/install-checker.ts'
import type { SetUpLimits } from '../../src/defence/set-up-limits.ts'
import type { Batch, Block } from '../forwarder/attack-samples.ts'
import type { PeerId } from '@libp2p/interface'

const rsp = await keyOf(90)
const sourceKey = await keyOf(1)
const [source, destination, first, self, last] = await Promise.all([1, 2, 10, 11, 12].map(peerOf))

describe('checks of an install', () => {
  let batch: Batch
  let nowMs: number
  let gate: SetUpGate
  let checker: InstallChecker
  let refusedRsp: PeerId | undefined

  beforeEach(async () => {
    nowMs = NOW_MS
    refusedRsp = undefined
    batch = await batchOf({ rsp, source, destination, over: [[first, self, last], [self, last]], nowMs })
    start()
  })

  function start (limits: Partial<SetUpLimits> = {}): void {
    gate = new SetUpGate({ limits })
    checker = new InstallChecker({
      self,
      gate,
      paths: new VerifiedPaths(),
      now: () => nowMs,
      checkRsp: (peer) => {
        if (refusedRsp?.equals(peer) === true) {
          throw new NotAuthorizedError('not taken here')
        }
      }
    })
  }

  const block = async (path = 0): Promise<Block> => blockOf({ batch, offer: batch.offers[path], key: sourceKey, nowMs })
  const by = (peer: PeerId): InstallCaller => ({ peer, gate: { peer: peer.toString(), prefix: '192.0.2.0/24', isForwarder: true } })
  /** Rejects in either case. */
  const check = async (body: Uint8Array, peer: PeerId): ReturnType<InstallChecker['check']> extends infer R ? Promise<Awaited<R>> : never => checker.check(body, by(peer))

  it('cost two signatures for a path that is new, and one for an order over a path that is known', async () => {
    await check(installOf(await block(), 1), first)
    assert.equal(gate.status.checksStarted, 2)
    await check(installOf(await block(), 1), first)
    assert.equal(gate.status.checksStarted, 3)
  })

  it('cost none, and no time, where the path is known and the caller is the source', async () => {
    await check(installOf(await block(1), 0), source)
    assert.equal(gate.status.checksStarted, 1)
    const checked = checker.check(installOf(await block(1), 0, { signature: undefined }), by(source))
    assert.ok(!(checked instanceof Promise))
    assert.deepEqual([checked.isHopBefore, checked.opened.index, checked.opened.isExit], [true, 0, false])
    assert.equal(gate.status.checksStarted, 1)
  })

  it('tell a source that comes by itself from the hop before', async () => {
    const { isHopBefore } = await check(installOf(await block(), 1, { backLabel: undefined, bound: true }), source)
    assert.equal(isHopBefore, false)
    assert.equal((await check(installOf(await block(), 1), first)).isHopBefore, true)
  })

  it('let an order count once, where its signature counts', async () => {
    const one = await block()
    await check(installOf(one, 1), first)
    await assert.rejects(check(installOf(one, 1), first), { code: 'NOT_AUTHORIZED' })
    await check(installOf(one, 1, { backLabel: undefined, bound: true }), source)
    await check(installOf(one, 1, { backLabel: undefined, bound: true }), source)
  })

  it('let an order count once that comes twice at once, and cost a replay no signature', async () => {
    const one = await block()
    const both = await Promise.allSettled([check(installOf(one, 1), first), check(installOf(one, 1), first)])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const before = gate.status.checksStarted
    await assert.rejects(check(installOf(one, 1), first), { code: 'NOT_AUTHORIZED' })
    assert.equal(gate.status.checksStarted, before)
  })

  it('do not take an order for used whose signature is wrong', async () => {
    const one = await block()
    await assert.rejects(check(installOf(one, 1, { signature: new Uint8Array(64) }), first), { code: 'INVALID_SIGNATURE' })
    await check(installOf(one, 1), first)
  })

  it('let an order count once for as long as it is not too old', async () => {
    const ahead = await blockOf({ batch, offer: batch.offers[0], key: sourceKey, nowMs: nowMs + 60_000 })
    await check(installOf(ahead, 1), first)
    for (const agoMs of [30_000, 60_000, 90_000, 119_999, 120_000]) {
      nowMs = NOW_MS + agoMs
      await assert.rejects(check(installOf(ahead, 1), first), { code: 'NOT_AUTHORIZED' }, `${agoMs} ms`)
    }
    nowMs++
    await assert.rejects(check(installOf(ahead, 1), first), { code: 'EXPIRED' })
  })

  it('ask whose path it is before they check a signature, and again for a path that is known', async () => {
    refusedRsp = batch.root.rsp
    await assert.rejects(check(installOf(await block(), 1), first), { code: 'NOT_AUTHORIZED' })
    refusedRsp = undefined
    await check(installOf(await block(), 1), first)
    refusedRsp = batch.root.rsp
    const before = gate.status.checksStarted
    await assert.rejects(check(installOf(await block(), 1), first), { code: 'NOT_AUTHORIZED' })
    assert.equal(gate.status.checksStarted, before)
  })

  it('end before the signature of an order that is too old, from a stranger, or for another place', async () => {
    const one = await block()
    await check(installOf(await block(), 1), first)
    const before = gate.status.checksStarted
    await assert.rejects(check(installOf(one, 1), last), { code: 'NOT_AUTHORIZED' })
    await assert.rejects(check(installOf(one, 2), first), { code: 'MALFORMED' })
    await assert.rejects(check(installOf(one, 1, { backLabel: undefined }), first), { code: 'MALFORMED' })
    nowMs += 60_001
    await assert.rejects(check(installOf(one, 1), first), { code: 'EXPIRED' })
    assert.equal(gate.status.checksStarted, before)
  })

  it('name the node that speaks', async () => {
    await assert.rejects(check(installOf(await block(), 1, { signature: undefined }), first), { name: 'SetupFailedError', index: 1 })
    await assert.rejects(check(installOf(await block(), 3), first), { name: 'SetupFailedError', index: 3 })
  })

  it('want a cookie under load of a source that is not the caller, before any signature', async () => {
    start({ calmQueued: 0 })
    const one = await block()
    const error = await check(installOf(one, 1), first).then(() => undefined, (reason: unknown) => reason)
    assert.ok(error instanceof SetupFailedError && error.challenge !== undefined)
    assert.deepEqual([error.code, error.index, error.challenge.bits], ['OVER_QUOTA', 1, 0])
    assert.equal(gate.status.checksStarted, 0)
    const { cookie } = error.challenge
    await assert.rejects(check(installOf(one, 1, { proofs: [{ index: 0, cookie }] }), first), { code: 'OVER_QUOTA' })
    await check(installOf(one, 1, { proofs: [{ index: 1, cookie }] }), first)
    await check(installOf(await block(), 1, { backLabel: undefined, bound: true }), source)
  })

  it('take nothing apart that is not an install', async () => {
    await assert.rejects(check(new Uint8Array(), first), { code: 'MALFORMED' })
    await assert.rejects(check(installOf({ ...await block(), authority: new Uint8Array([1, 2, 3]) }, 1), first), { code: 'MALFORMED', index: 1 })
    const { authority } = await block()
    await assert.rejects(check(installOf({ authority, signed: { order: new Uint8Array([9]), signature: new Uint8Array(64), id: new Uint8Array(16) } }, 1, { backLabel: ANY_LABEL }), first), { code: 'MALFORMED', index: 1 })
  })
})
