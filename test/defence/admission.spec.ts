import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { Admission } from '../../src/defence/admission.ts'
import { composeGaters } from '../../src/defence/compose-gaters.ts'
import { MuteMuxer, createNode } from './attacker.ts'
import type { AdmissionLimits } from '../../src/defence/admission.ts'
import type { ConnectionGater, Libp2p, MultiaddrConnection, PeerId } from '@libp2p/interface'

/** An inbound connection as a transport hands it to the gater. */
function from (host: string): MultiaddrConnection {
  const address = host.startsWith('/') ? host : `/ip${host.includes(':') ? 6 : 4}/${host}/tcp/4001`
  return multiaddrConnectionPair({ inbound: { remoteAddr: multiaddr(address) } })[1]
}

async function newPeer (): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

describe('admission', () => {
  let nowMs: number

  beforeEach(() => { nowMs = 0 })

  /** Limits that are out of the way unless a test names them. */
  function admissionWith (limits: Partial<AdmissionLimits>): Admission {
    return new Admission({ maxInbound: 1000, maxPerPrefix: 1000, maxPending: 1000, maxPendingPerPrefix: 1000, perSecondPerPrefix: 1000, burstPerPrefix: 1000, ...limits }, { now: () => nowMs })
  }

  async function isAdmitted (admission: Admission, connection: MultiaddrConnection): Promise<boolean> {
    return await admission.gater.denyInboundConnection?.(connection) === false
  }

  async function isPeerAdmitted (admission: Admission, peer: PeerId, connection: MultiaddrConnection): Promise<boolean> {
    return await admission.gater.denyInboundEncryptedConnection?.(peer, connection) === false
  }

  it('admits up to the total, whatever the addresses, and again when one closes', async () => {
    const admission = admissionWith({ maxInbound: 3 })
    const connections = ['192.0.2.1', '198.51.100.1', '203.0.113.1'].map(from)
    for (const connection of connections) {
      assert.equal(await isAdmitted(admission, connection), true)
    }
    assert.equal(await isAdmitted(admission, from('2001:db8::1')), false)
    connections[1].abort(new Error('gone'))
    assert.equal(await isAdmitted(admission, from('2001:db8::1')), true)
    assert.equal(admission.counters.deniedTotal, 1)
  })

  it('admits up to the cap of a prefix, and other prefixes regardless', async () => {
    const admission = admissionWith({ maxPerPrefix: 2 })
    assert.equal(await isAdmitted(admission, from('192.0.2.1')), true)
    assert.equal(await isAdmitted(admission, from('192.0.2.200')), true)
    assert.equal(await isAdmitted(admission, from('192.0.2.30')), false)
    assert.equal(await isAdmitted(admission, from('::ffff:192.0.2.30')), false)
    assert.equal(await isAdmitted(admission, from('192.0.3.30')), true)
    assert.equal(admission.counters.deniedPrefix, 2)
  })

  it('bounds the rate of new connections of a prefix even when each closes at once', async () => {
    const admission = admissionWith({ perSecondPerPrefix: 2, burstPerPrefix: 5 })
    const knock = async (): Promise<boolean> => {
      const connection = from('192.0.2.1')
      const admitted = await isAdmitted(admission, connection)
      connection.abort(new Error('hit and run'))
      return admitted
    }
    const admitted: boolean[] = []
    for (let i = 0; i < 10; i++) {
      admitted.push(await knock())
    }
    assert.equal(admitted.filter(Boolean).length, 5)
    nowMs += 1000
    assert.deepEqual([await knock(), await knock(), await knock()], [true, true, false])
    assert.equal(admission.openConnections, 0)
  })

  it('bounds the unfinished handshakes of a prefix', async () => {
    const admission = admissionWith({ maxPendingPerPrefix: 2 })
    const connections = [from('192.0.2.1'), from('192.0.2.2')]
    for (const connection of connections) {
      assert.equal(await isAdmitted(admission, connection), true)
    }
    assert.equal(await isAdmitted(admission, from('192.0.2.3')), false)
    assert.equal(admission.counters.deniedPending, 1)
    await admission.gater.denyInboundUpgradedConnection?.(await newPeer(), connections[0])
    assert.equal(await isAdmitted(admission, from('192.0.2.3')), true)
    connections[1].abort(new Error('handshake timed out'))
    assert.equal(await isAdmitted(admission, from('192.0.2.4')), true)
    assert.equal(await isAdmitted(admission, from('192.0.2.5')), false)
  })

  /** So many connections from so many prefixes, whose handshakes do not go on. */
  async function silent (admission: Admission, prefixes: number, connectionsEach: number): Promise<MultiaddrConnection[]> {
    const connections = Array.from({ length: prefixes * connectionsEach }, (_, index) => from(`192.0.${index % prefixes}.1`))
    for (const connection of connections) {
      assert.equal(await isAdmitted(admission, connection), true)
    }
    return connections
  }

  it('regression: has the oldest handshake of the prefix with most give way to a newcomer when there are too many', async () => {
    const admission = admissionWith({ maxPending: 64, maxPendingPerPrefix: 8 })
    const connections = await silent(admission, 8, 8)
    const newcomer = from('198.51.100.1')
    assert.equal(await isAdmitted(admission, newcomer), true)
    assert.equal(newcomer.status, 'open')
    assert.deepEqual(connections.map(({ status }) => status === 'open').indexOf(false), 0)
    assert.equal(admission.openConnections, 64)
    assert.deepEqual([admission.counters.gaveWay, admission.counters.deniedPending], [1, 0])
    assert.equal(await isAdmitted(admission, from('192.0.7.1')), false)
    assert.equal(admission.openConnections, 64)
  })

  it('lets the handshakes of many prefixes go on, and has those that take too long give way to more', async () => {
    const admission = admissionWith({ maxPending: 20 })
    const [first, second] = await silent(admission, 20, 1)
    assert.equal(await isAdmitted(admission, from('198.51.100.1')), false)
    assert.equal(admission.counters.deniedPending, 1)
    await admission.gater.denyInboundUpgradedConnection?.(await newPeer(), first)
    assert.equal(await isAdmitted(admission, from('198.51.100.1')), true)
    nowMs += 5_001
    assert.equal(await isAdmitted(admission, from('198.51.100.1')), true)
    assert.deepEqual([first.status, second.status], ['open', 'aborted'])
  })

  it('gives the slots of handshakes that take too long to newcomers when all are taken, and never those of connections', async () => {
    const admission = admissionWith({ maxInbound: 2 })
    const [ready, waits] = await silent(admission, 2, 1)
    await admission.gater.denyInboundUpgradedConnection?.(await newPeer(), ready)
    assert.equal(await isAdmitted(admission, from('198.51.100.1')), false)
    nowMs += 5_001
    const newcomer = from('198.51.100.1')
    assert.equal(await isAdmitted(admission, newcomer), true)
    assert.deepEqual([ready.status, waits.status], ['open', 'aborted'])
    await admission.gater.denyInboundUpgradedConnection?.(await newPeer(), newcomer)
    nowMs += 5_001
    assert.equal(await isAdmitted(admission, from('198.51.100.1')), false)
    assert.equal(admission.counters.deniedTotal, 2)
  })

  it('caps the connections of one peer id after the handshake, from whatever prefix, and not those of others', async () => {
    const admission = admissionWith({ maxPerPeer: 2 })
    const [greedy, modest] = await Promise.all([newPeer(), newPeer()])
    const connections = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '2001:db8:1::1'].map(from)
    for (const connection of connections) {
      assert.equal(await isAdmitted(admission, connection), true)
    }
    assert.equal(await isPeerAdmitted(admission, greedy, connections[0]), true)
    assert.equal(await isPeerAdmitted(admission, greedy, connections[1]), true)
    assert.equal(await isPeerAdmitted(admission, greedy, connections[2]), false)
    assert.equal(await isPeerAdmitted(admission, modest, connections[3]), true)
    connections[0].abort(new Error('gone'))
    assert.equal(await isPeerAdmitted(admission, greedy, connections[4]), true)
    assert.equal(admission.counters.deniedPeer, 1)
  })

  it('regression: bounds what comes from this machine, as over a proxy on it, by the total alone', async () => {
    const admission = admissionWith({ maxPerPrefix: 1, maxPendingPerPrefix: 1, burstPerPrefix: 1, maxInbound: 4 })
    for (const host of ['127.0.0.1', '127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      assert.equal(await isAdmitted(admission, from(host)), true)
    }
    assert.equal(await isAdmitted(admission, from('127.0.0.1')), false)
    assert.equal(admission.counters.deniedTotal, 1)
  })

  it('has handshakes over a proxy on this machine give way to newcomers of other prefixes', async () => {
    const admission = admissionWith({ maxPending: 8 })
    const [first] = await Promise.all(Array.from({ length: 8 }, async () => {
      const connection = from('127.0.0.1')
      assert.equal(await isAdmitted(admission, connection), true)
      return connection
    }))
    assert.equal(await isAdmitted(admission, from('192.0.2.1')), true)
    assert.equal(first.status, 'aborted')
  })

  it('gives addresses that name no host one cap together', async () => {
    const admission = admissionWith({ maxPerPrefix: 2 })
    assert.equal(await isAdmitted(admission, from('/memory/a')), true)
    assert.equal(await isAdmitted(admission, from('/memory/b')), true)
    assert.equal(await isAdmitted(admission, from('/memory/c')), false)
  })

  it('remembers a bounded number of prefixes, and those with open connections always', async () => {
    const admission = admissionWith({ maxInbound: 10, maxPrefixes: 20, maxPerPrefix: 1 })
    assert.equal(await isAdmitted(admission, from('192.0.2.1')), true)
    for (let i = 0; i < 500; i++) {
      const connection = from(`10.${i >> 8}.${i & 0xff}.1`)
      assert.equal(await isAdmitted(admission, connection), true)
      connection.abort(new Error('gone'))
    }
    const { prefixes, peers } = admission.tableSizes
    assert.ok(prefixes > 1 && prefixes <= 20, `${prefixes} prefixes`)
    assert.equal(peers, 0)
    assert.equal(await isAdmitted(admission, from('192.0.2.2')), false)
  })

  it('forgets everything of connections that have closed', async () => {
    const admission = admissionWith({})
    const peer = await newPeer()
    const connections = Array.from({ length: 4 }, () => from('192.0.2.1'))
    for (const connection of connections) {
      assert.equal(await isAdmitted(admission, connection), true)
      assert.equal(await isPeerAdmitted(admission, peer, connection), true)
    }
    connections.forEach(connection => { connection.abort(new Error('gone')) })
    assert.equal(admission.openConnections, 0)
    assert.equal(admission.tableSizes.peers, 0)
  })

  it('denies a connection that closed before it was asked about', async () => {
    const admission = admissionWith({})
    const connection = from('192.0.2.1')
    connection.abort(new Error('gone'))
    assert.equal(await isAdmitted(admission, connection), false)
    assert.equal(admission.openConnections, 0)
  })

  it('refuses a table that could not hold every prefix with an open connection', () => {
    assert.throws(() => admissionWith({ maxInbound: 100, maxPrefixes: 100 }), RangeError)
  })
})

describe('admission at a real node', function () {
  this.timeout(10_000)

  const nodes: Libp2p[] = []

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async node => { await node.stop() }))
  })

  it('lets one prefix in up to its cap before any handshake is made, and gives the slot of a leaver to the next', async () => {
    const admission = new Admission({ maxPerPrefix: 2 })
    const handshakes: PeerId[] = []
    // loopback has no cap
    const elsewhere: ConnectionGater = {
      denyInboundConnection: connection => {
        connection.remoteAddr = multiaddr('/ip4/192.0.2.1/tcp/4001')
        return false
      }
    }
    const listener = await createNode({ listen: true, gater: composeGaters(elsewhere, admission.gater, { denyInboundEncryptedConnection: peer => handshakes.push(peer) < 0 }) })
    const diallers = await Promise.all(Array.from({ length: 4 }, async () => await createNode()))
    nodes.push(...diallers, listener)
    const dial = async (node: Libp2p): Promise<string> => await node.dial(listener.getMultiaddrs()).then(() => 'in', () => 'refused')
    assert.deepEqual([await dial(diallers[0]), await dial(diallers[1]), await dial(diallers[2])], ['in', 'in', 'refused'])
    assert.equal(handshakes.length, 2)
    await diallers[0].hangUp(listener.peerId)
    await untilOpen(admission, 1)
    assert.equal(await dial(diallers[3]), 'in')
  })

  it('gives the slot back when another gater denies after it', async () => {
    const admission = new Admission()
    const listener = await createNode({ listen: true, gater: composeGaters(admission.gater, { denyInboundConnection: () => true }) })
    const dialler = await createNode()
    nodes.push(dialler, listener)
    await assert.rejects(dialler.dial(listener.getMultiaddrs()))
    await untilOpen(admission, 0)
    assert.equal(admission.counters.admitted, 1)
  })

  it('refuses the fifth connection of one peer by default, and none of the other direction', async () => {
    const admission = new Admission()
    const listener = await createNode({ listen: true, gater: admission.gater })
    const dialler = await createNode({ listen: true, muxer: () => ({ protocol: '/yamux/1.0.0', createStreamMuxer: connection => new MuteMuxer(connection) }) })
    nodes.push(dialler, listener)
    await listener.dial(dialler.getMultiaddrs())
    for (let i = 0; i < 4; i++) {
      await dialler.dial(listener.getMultiaddrs(), { force: true })
    }
    // The refusal comes after the handshake, so the dialler may see its connection open and then break.
    await dialler.dial(listener.getMultiaddrs(), { force: true }).catch(() => {})
    await untilOpen(admission, 4)
    assert.equal(admission.counters.deniedPeer, 1)
    assert.equal(listener.getConnections(dialler.peerId).filter(({ direction }) => direction === 'inbound').length, 4)
  })
})

describe('composed gaters', () => {
  const connection = from('192.0.2.1')

  it('deny what any of them denies, and do not ask the ones behind', async () => {
    let asked = 0
    const gater = composeGaters({ denyInboundConnection: () => false }, { denyInboundConnection: async () => true }, { denyInboundConnection: () => ++asked > 0 })
    assert.equal(await gater.denyInboundConnection?.(connection), true)
    assert.equal(asked, 0)
  })

  it('keep an address only when all of them keep it', async () => {
    const peer = await newPeer()
    const gater = composeGaters({ filterMultiaddrForPeer: () => true }, { filterMultiaddrForPeer: (_, address) => address.toString().includes('192.0.2') })
    assert.equal(await gater.filterMultiaddrForPeer?.(peer, multiaddr('/ip4/192.0.2.1/tcp/1')), true)
    assert.equal(await gater.filterMultiaddrForPeer?.(peer, multiaddr('/ip4/10.0.0.1/tcp/1')), false)
  })

  it('leave hooks that none has to libp2p', () => {
    assert.deepEqual(Object.keys(composeGaters({ denyDialPeer: () => false }, {})), ['denyDialPeer'])
  })
})

/** The victim's end learns of a close a moment after the attacker's. */
async function untilOpen (admission: Admission, connections: number): Promise<void> {
  for (let waitedMs = 0; admission.openConnections !== connections && waitedMs < 2000; waitedMs += 10) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  assert.equal(admission.openConnections, connections)
}
