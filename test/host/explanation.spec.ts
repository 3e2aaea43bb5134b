import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { explain } from '../../src/host/explanation.ts'
import type { RouteStatus } from '../../src/host/channel-status.ts'
import type { ChannelExplanation, RouteExplanation } from '../../src/host/explanation.ts'
import type { OfferedPath, ProviderAnswer } from '../../src/host/provider-set.ts'

const [A, B, RSP, RIVAL] = [
  '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5',
  '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
  '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
  '12D3KooWLRPJAA5o6juZVTLbW46Wq5fUxQCPqmZ4HAzrVAMN3zmx'
]
const NOW_MS = 1_800_000_000_000

const route = (init: Partial<RouteStatus>): RouteStatus =>
  ({ id: 'x', isDefault: false, isActive: false, isBackup: false, rsp: RSP, path: [A], alive: true, measuredRttMs: 40, jitterMs: 1, loss: 0, answered: 9, predictedRttMs: 42, confidence: 0.8, ...init })
const fallback = (init: Partial<RouteStatus> = {}): RouteStatus =>
  route({ id: 'default', isDefault: true, rsp: null, path: [], measuredRttMs: 80, predictedRttMs: null, confidence: null, ...init })

function offer (rsp: string, path: string[]): OfferedPath {
  const prediction = { rttUs: 42_000, rttMarginUs: 1_500, lossPpm: 0, confidence: 0.8, dataAgeMs: 3_000 }
  return { rsp: peerIdFromString(rsp), forwarders: path.map((id) => peerIdFromString(id)), prediction, notBeforeMs: NOW_MS - 2_000, expiresAtMs: NOW_MS + 50_000 } as unknown as OfferedPath
}

function answer (rsp: string, paths: OfferedPath[], error?: Error): ProviderAnswer {
  return { rsp: peerIdFromString(rsp), mapKind: 'reports', paths, error, elapsedMs: 5 }
}

function explained (routes: RouteStatus[], init: { reason?: string, answers?: ProviderAnswer[], refusals?: Record<string, string> } = {}): ChannelExplanation {
  const { reason = 'because', answers = [], refusals = {} } = init
  return explain({ status: { remote: B, kind: 'path', routes, reason, text: 'via x', answers }, refusals: new Map(Object.entries(refusals)), switches: { all: [] } }, NOW_MS)
}

const only = (routes: readonly RouteExplanation[], path: string[]): Pick<RouteExplanation, 'use' | 'why'> => {
  const { use, why } = routes.find((each) => each.path.join() === path.join()) as RouteExplanation
  return { use, why }
}

describe('the explanation of a channel', () => {
  it('says how the channel goes in the words of its status', () => {
    const { kind, verdict } = explained([route({ isActive: true })])
    assert.deepEqual([kind, verdict], ['path', 'via x'])
  })

  it('puts the route in use first, then the backup, candidates and what was refused', () => {
    const { routes } = explained([
      route({ path: ['dead'], alive: false }), route({ path: ['other'], measuredRttMs: 50 }), route({ path: ['spare'], isBackup: true }), route({ path: ['used'], isActive: true })
    ])
    assert.deepEqual(routes.map(({ path: [first], use }) => [first, use]), [['used', 'in use'], ['spare', 'backup'], ['other', 'candidate'], ['dead', 'refused']])
  })

  it('compares each with the one in use', () => {
    const { routes } = explained([
      route({ path: ['used'], isActive: true }), route({ path: ['slow'], measuredRttMs: 52.5 }), route({ path: ['near'], measuredRttMs: 39 }),
      route({ path: ['lossy'], measuredRttMs: 30, loss: 0.1 }), route({ path: ['new'], measuredRttMs: null, answered: 0 }), route({ path: ['mute'], alive: false, measuredRttMs: null, answered: 0 })
    ], { reason: 'measured faster' })
    assert.deepEqual(only(routes, ['used']), { use: 'in use', why: 'measured faster' })
    assert.deepEqual(only(routes, ['slow']), { use: 'candidate', why: '12.5 ms slower than the route in use' })
    assert.deepEqual(only(routes, ['near']), { use: 'candidate', why: '1.0 ms faster than the route in use: too little, or for too short a time, to change' })
    assert.deepEqual(only(routes, ['lossy']), { use: 'candidate', why: '10.0 ms faster than the route in use, and loses more' })
    assert.deepEqual(only(routes, ['new']), { use: 'candidate', why: 'not measured yet' })
    assert.deepEqual(only(routes, ['mute']), { use: 'refused', why: 'it has never answered' })
  })

  it('holds the promise with its age beside what is measured, and names rivals that offer the same', () => {
    const { routes: [used] } = explained([route({ isActive: true })], { answers: [answer(RSP, [offer(RSP, [A])]), answer(RIVAL, [offer(RIVAL, [A])])] })
    assert.deepEqual(used.promised, { rttMs: 42, marginMs: 1.5, confidence: 0.8, ageMs: 5_000, expiresInMs: 50_000 })
    assert.deepEqual(used.measured, { rttMs: 40, jitterMs: 1, loss: 0, echoes: 9 })
    assert.deepEqual(used.alsoOfferedBy, [RIVAL])
  })

  it('remembers the promise of a path that is not among the last offers', () => {
    assert.deepEqual(explained([route({})]).routes[0].promised, { rttMs: 42, marginMs: null, confidence: 0.8, ageMs: null, expiresInMs: null })
  })

  it('tells what was offered and could not be used, and what was not tried', () => {
    const { routes, rsps } = explained([fallback({ isActive: true })], {
      answers: [answer(RSP, [offer(RSP, [A]), offer(RSP, [A, B])]), answer(RIVAL, [], new Error('no link is known yet'))], refusals: { [A]: 'the exit is full' }
    })
    assert.deepEqual(only(routes, [A]), { use: 'refused', why: 'the exit is full' })
    assert.deepEqual(only(routes, [A, B]), { use: 'candidate', why: 'not tried: others come first' })
    assert.deepEqual(rsps, [{ rsp: RSP, mapKind: 'reports', paths: 2, error: null }, { rsp: RIVAL, mapKind: 'reports', paths: 0, error: 'no link is known yet' }])
  })
})
