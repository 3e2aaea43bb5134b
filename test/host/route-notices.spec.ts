import assert from 'node:assert/strict'
import { NoticeCode } from '../../protocols/forward/constants.ts'
import { heedNotice } from '../../src/host/route-notices.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { Route } from '../../src/host/route.ts'

const [REMOTE, NEXT] = await Promise.all([1, 2].map(peerOf))
const ROUTE = { id: 'a' } as unknown as Route

function heard (code: number, behind = NEXT, route: Route | null = ROUTE): string[] {
  const events: string[] = []
  heedNotice({ code, reporter: new Uint8Array(16) } as unknown as Notice, {
    remote: REMOTE,
    book: { byNotice: () => route ?? undefined, nodeAfter: () => behind, authorize: async () => { events.push('authorize') } },
    steering: { broke: () => { events.push('leave') } },
    queries: { avoid: () => { events.push('avoid') } },
    promises: { excused: (id: string) => { events.push(`excuse ${id}`) } },
    failures: { suspect: () => { events.push('suspect') } }
  })
  return events
}

describe('a channel that is told by a forwarder', () => {
  it('that a link is missing leaves the route, and avoids the forwarder behind it', () => {
    assert.deepEqual(heard(NoticeCode.noSuchNeighbour), ['avoid', 'suspect', 'leave'])
  })

  it('regression: that the link to the destination is missing leaves the route, and blames neither a forwarder nor the RSP', () => {
    assert.deepEqual(heard(NoticeCode.noSuchNeighbour, REMOTE), ['excuse a', 'leave'])
  })

  it('that it has no authority gets some', () => {
    assert.deepEqual(heard(NoticeCode.notAuthorized), ['authorize', 'leave'])
  })

  it('that a packet was over its quota stays, as it does where the notice is about no route', () => {
    assert.deepEqual([heard(NoticeCode.overQuota), heard(NoticeCode.noSuchNeighbour, NEXT, null)], [[], []])
  })
})
