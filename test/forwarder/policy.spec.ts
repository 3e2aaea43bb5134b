import assert from 'node:assert/strict'
import { LinkRules } from '../../src/forwarder/link-rules.ts'
import { Policy } from '../../src/forwarder/policy.ts'
import { peerIdFromString } from '@libp2p/peer-id'
import { peersFrom } from '../protocols/report/samples.ts'
import type { PeerId } from '@libp2p/interface'

const [A, B, C] = await peersFrom(10, 3)
/** The same RSP as another object, as it comes out of a message. */
const again = (peer: PeerId): PeerId => peerIdFromString(peer.toString())

function takes (policy: Policy, rsp: PeerId): boolean {
  try {
    policy.checkRsp(again(rsp))
    return true
  } catch (error) {
    assert.equal((error as Error).name, 'NotAuthorizedError')
    return false
  }
}

describe('policy', () => {
  it('takes the paths of anyone over all links, and anyone\'s source routes, unless told otherwise', () => {
    const policy = new Policy()
    assert.equal(takes(policy, A), true)
    policy.checkLink({ peer: B })
    assert.deepEqual([policy.sourceRoutes, policy.rspLinkShare, policy.quotas], ['anyone', 0.5, { maxEntries: 65_536, maxPerRsp: 32_768, maxPerSource: 256, maxPerPrefix: 1_024, maxPerForwarder: 8_192, maxPerPrefixInAll: 16_384, maxPerPath: 2 }])
    assert.deepEqual(policy.statement, { listedOnly: false, rsps: [], revoked: [], authorizedOnly: false })
  })

  it('takes the paths of listed RSPs only, where some are listed', () => {
    const policy = new Policy({ rsps: [A, B] })
    assert.deepEqual([A, B, C].map((rsp) => takes(policy, rsp)), [true, true, false])
    assert.throws(() => { policy.checkRsp(C) }, { message: /listed RSPs only/ })
  })

  it('takes nobody\'s paths with an empty list', () => {
    assert.equal(takes(new Policy({ rsps: [] }), A), false)
  })

  it('takes no paths of a revoked RSP, listed or not', () => {
    assert.deepEqual([A, B].map((rsp) => takes(new Policy({ revoked: [A] }), rsp)), [false, true])
    assert.deepEqual([A, B].map((rsp) => takes(new Policy({ rsps: [A, B], revoked: [A] }), rsp)), [false, true])
  })

  it('revokes at once, and tells those who hold state before it returns', () => {
    const policy = new Policy()
    const told: string[] = []
    const stop = policy.onRevoked((rsp) => { told.push(`${rsp.toString()} ${takes(policy, rsp)}`) })
    policy.revoke(again(A))
    assert.deepEqual(told, [`${A.toString()} false`])
    assert.equal(takes(policy, A), false)
    policy.revoke(A)
    assert.equal(told.length, 1, 'it is told once')
    stop()
    policy.revoke(B)
    assert.equal(told.length, 1)
  })

  it('takes the paths of a reinstated RSP again', () => {
    const policy = new Policy({ rsps: [A], revoked: [A, C] })
    policy.reinstate(again(A))
    policy.reinstate(C)
    assert.deepEqual([A, C].map((rsp) => takes(policy, rsp)), [true, false])
    assert.deepEqual(policy.statement.revoked, [])
  })

  it('refuses a link that the rules close', async () => {
    const policy = new Policy({ links: LinkRules.parse(['deny tag:country=XX']) })
    policy.checkLink({ peer: A, tags: { country: 'YY' } })
    assert.throws(() => { policy.checkLink({ peer: A, tags: { country: 'XX' } }) }, { name: 'NotAuthorizedError', message: /another way/ })
  })

  it('states what reports say of it, as one object until something changes', () => {
    const policy = new Policy({ rsps: [A, B, again(A)], sourceRoutes: 'authorized' })
    const before = policy.statement
    assert.equal(policy.statement, before)
    assert.deepEqual({ ...before, rsps: before.rsps.map(String) }, { listedOnly: true, rsps: [A, B].map(String), revoked: [], authorizedOnly: true })
    policy.revoke(A)
    assert.notEqual(policy.statement, before)
    assert.deepEqual([policy.statement.rsps.map(String), policy.statement.revoked.map(String)], [[String(B)], [String(A)]])
    const revoked = policy.statement
    policy.reinstate(B)
    assert.equal(policy.statement, revoked, 'nothing has changed')
    policy.reinstate(A)
    assert.equal(policy.statement.rsps.length, 2)
  })

  it('names the newest 64 of those that are revoked', async () => {
    const rsps = await peersFrom(100, 66)
    const policy = new Policy({ revoked: rsps.slice(0, 65) })
    policy.revoke(rsps[65])
    assert.deepEqual(policy.statement.revoked.map(String), rsps.slice(2).map(String))
    assert.deepEqual(rsps.map((rsp) => takes(policy, rsp)), rsps.map(() => false))
  })

  const bad: Array<[string, () => unknown]> = [
    ['a share of nothing', () => new Policy({ rspLinkShare: 0 })],
    ['a share of more than everything', () => new Policy({ rspLinkShare: 1.01 })],
    ['a share that is no number', () => new Policy({ rspLinkShare: NaN })],
    ['more RSPs than a report can name', () => new Policy({ rsps: new Array<PeerId>(65).fill(A) })]
  ]
  for (const [title, make] of bad) {
    it(`refuses ${title}`, () => {
      assert.throws(make, { name: 'RangeError' })
    })
  }
})
