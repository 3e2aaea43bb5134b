import assert from 'node:assert/strict'
import { ChannelPlaces } from '../../src/host/channel-places.ts'
import { peerOf } from '../helpers/descriptors.ts'

const PEERS = await Promise.all(Array.from({ length: 9 }, async (_, i) => peerOf(i + 1)))
const full = { name: 'OverQuotaError' }

describe('places for channels', () => {
  it('regression: are kept for the host where others open as many channels as they may', () => {
    const places = new ChannelPlaces(16)
    for (let i = 0; i < 12; i++) {
      places.checkIncoming(PEERS[i % 6])
      places.take(PEERS[i % 6], 'incoming')
    }
    assert.throws(() => { places.checkIncoming(PEERS[7]) }, full)
    assert.throws(() => { places.checkIncoming() }, full)
    for (let i = 0; i < 4; i++) {
      places.checkOutgoing()
      places.take(PEERS[8], 'outgoing')
    }
    assert.throws(() => { places.checkOutgoing() }, full)
  })

  it('regression: are not all for one peer', () => {
    const places = new ChannelPlaces(256)
    for (let i = 0; i < 32; i++) {
      places.checkIncoming(PEERS[0])
      places.take(PEERS[0], 'incoming')
    }
    assert.throws(() => { places.checkIncoming(PEERS[0]) }, full)
    places.checkIncoming()
    places.checkIncoming(PEERS[1])
    places.free(PEERS[0], 'incoming')
    places.checkIncoming(PEERS[0])
  })

  it('are no fewer for a peer by what the host opens to it, nor for others where the host opens little', () => {
    const places = new ChannelPlaces(16)
    for (let i = 0; i < 8; i++) {
      places.take(PEERS[0], 'outgoing')
    }
    places.checkIncoming(PEERS[0])
  })

  it('are all taken where there are few, by whom ever comes', () => {
    const places = new ChannelPlaces(2)
    places.take(PEERS[0], 'incoming')
    places.checkIncoming(PEERS[0])
  })

  it('know with whom there is a channel', () => {
    const places = new ChannelPlaces(16)
    places.take(PEERS[0], 'incoming')
    places.take(PEERS[0], 'outgoing')
    places.free(PEERS[0], 'incoming')
    assert.deepEqual([PEERS[0], PEERS[1]].map((peer) => places.has(peer)), [true, false])
    places.free(PEERS[0], 'outgoing')
    assert.equal(places.has(PEERS[0]), false)
  })
})
