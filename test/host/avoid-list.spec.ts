import assert from 'node:assert/strict'
import { AvoidList } from '../../src/host/avoid-list.ts'
import { ForwarderFailures } from '../../src/host/forwarder-failures.ts'
import { peerOf } from '../helpers/descriptors.ts'

const PEERS = await Promise.all(Array.from({ length: 40 }, async (_, i) => peerOf(i + 1)))

describe('avoid list', () => {
  it('names a forwarder for twenty seconds', () => {
    let nowMs = 0
    const list = new AvoidList(() => nowMs)
    list.add(PEERS[0])
    nowMs = 19_999
    assert.deepEqual(list.peers, [PEERS[0]])
    nowMs = 20_000
    assert.deepEqual(list.peers, [])
  })

  it('names the 32 last ones at most', () => {
    const list = new AvoidList(() => 0)
    for (const peer of PEERS) {
      list.add(peer)
    }
    list.add(PEERS[20])
    assert.equal(list.peers.length, 32)
    assert.equal(list.peers.at(-1), PEERS[20])
  })
})

describe('forwarder failures', () => {
  it('tell every channel what is suspect, until it listens no more', () => {
    const failures = new ForwarderFailures(() => 0)
    const heard: string[][] = []
    const ignore = failures.onSuspect((forwarders) => { heard.push([...forwarders]) })
    failures.suspect(['f', 'g', 'f'])
    failures.suspect([])
    ignore()
    failures.suspect(['h'])
    assert.deepEqual(heard, [['f', 'g']])
  })

  it('leave a forwarder out of queries whose link to us has ended, not one that is only suspect', () => {
    const failures = new ForwarderFailures(() => 0)
    failures.suspect([PEERS[1].toString()])
    failures.gone(PEERS[0])
    assert.deepEqual(failures.avoided.peers, [PEERS[0]])
  })
})
