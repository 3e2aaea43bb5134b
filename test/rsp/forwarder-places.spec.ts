import assert from 'node:assert/strict'
import { peerOf } from '../helpers/descriptors.ts'
import { whoGivesWay } from '../../src/rsp/forwarder-places.ts'

describe('the places of an RSP for forwarders', () => {
  it('are given up by the one known longest of those that nobody is connected to, and by none that works', async () => {
    const forwarders = new Map(await Promise.all([1, 2, 3].map(async (number) => [`forwarder ${number}`, { peer: await peerOf(number) }] as const)))
    const first = await peerOf(1)
    assert.equal(whoGivesWay(forwarders, (peer) => peer.equals(first)), 'forwarder 2')
    assert.equal(whoGivesWay(forwarders, () => false), 'forwarder 1')
    assert.equal(whoGivesWay(forwarders, () => true), undefined)
    assert.equal(whoGivesWay(new Map(), () => false), undefined)
  })
})
