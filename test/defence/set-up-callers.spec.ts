import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { setUpCallers } from '../../src/defence/set-up-callers.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { GateCaller } from '../../src/defence/set-up-limits.ts'
import type { Connection } from '@libp2p/interface'

const PEERS = await peersFrom(10, 4)
const PER_PREFIX = 2

describe('callers of set-up', () => {
  let forwarders: Set<string>
  let callerOf: ReturnType<typeof setUpCallers>

  beforeEach(() => {
    forwarders = new Set(PEERS.slice(0, 3).map((peer) => peer.toString()))
    callerOf = setUpCallers({ isForwarder: (peer) => forwarders.has(peer.toString()), limits: { maxForwardersPerPrefix: PER_PREFIX } })
  })

  const connectionOf = (number: number, address: string): Connection => ({ remotePeer: PEERS[number], remoteAddr: multiaddr(address) }) as unknown as Connection
  const from = (number: number, address: string): GateCaller => callerOf(connectionOf(number, address)).gate

  it('have the prefix of their address, by which so many count as forwarders', () => {
    const gates = PEERS.map((_, number) => from(number, `/ip4/192.0.2.${number}/tcp/1`))
    assert.deepEqual(gates.map(({ prefix }) => prefix), PEERS.map(() => '192.0.2.0/24'))
    assert.deepEqual(gates.map(({ isForwarder }) => isForwarder), [true, true, false, false])
  })

  it('regression: are not counted together where they are forwarders on this machine, as its hosts are', () => {
    const gates = PEERS.map((_, number) => from(number, '/ip4/127.0.0.1/tcp/1'))
    assert.deepEqual(gates.map(({ isForwarder }) => isForwarder), [true, true, true, false])
    assert.equal(new Set(gates.map(({ prefix }) => prefix)).size, PEERS.length)
    assert.equal(gates[3].prefix, '127.0.0.0/24')
    assert.equal(from(0, '/ip4/127.0.0.1/tcp/2').prefix, gates[0].prefix, 'whichever connection it comes over')
  })

  it('are forwarders or not as this node knows them now, over one connection', () => {
    const connection = connectionOf(0, '/ip4/127.0.0.1/tcp/1')
    assert.equal(callerOf(connection), callerOf(connection))
    assert.equal(callerOf(connection).gate.isForwarder, true)
    forwarders.clear()
    assert.deepEqual([callerOf(connection).gate.isForwarder, callerOf(connection).gate.prefix], [false, '127.0.0.0/24'])
  })
})
