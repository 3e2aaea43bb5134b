import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { TypedEventEmitter } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Admission } from '../../src/defence/admission.ts'
import { composeGaters } from '../../src/defence/compose-gaters.ts'
import { guardedMuxer } from '../../src/defence/guarded-muxer.ts'
import { Reaper, reaper } from '../../src/defence/reaper.ts'
import { createNode, plainYamux } from './attacker.ts'
import type { ReaperInit } from '../../src/defence/reaper.ts'
import type { Connection, Libp2p, Libp2pEvents, PeerId } from '@libp2p/interface'

const HOLD = '/test/hold/1.0.0'

describe('reaper', () => {
  let nowMs: number
  let events: TypedEventEmitter<Libp2pEvents>
  let reapers: Reaper[]
  let peers: PeerId[]
  let useful: Set<string>

  before(async () => {
    peers = await Promise.all(Array.from({ length: 12 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
  })

  beforeEach(() => {
    nowMs = 0
    events = new TypedEventEmitter()
    reapers = []
    useful = new Set()
  })

  afterEach(() => { reapers.forEach(reaper => { reaper.stop() }) })

  function startReaper (init: Partial<ReaperInit> = {}): Reaper {
    const started = new Reaper({ events, connectionManager: { getConnections: () => [] }, logger: defaultLogger() },
      { maxInbound: 10, isUseful: peer => useful.has(peer.toString()), now: () => nowMs, ...init })
    started.start()
    reapers.push(started)
    return started
  }

  /** A connection of the peer with that number, which says how it ended. */
  function open (peer: number, overrides: Partial<Connection> = {}): { end: 'open' | 'closed' | 'aborted', connection: Connection } {
    const opened = { end: 'open' as 'open' | 'closed' | 'aborted', connection: undefined as unknown as Connection }
    const end = (how: 'closed' | 'aborted'): void => {
      opened.end = how
      events.safeDispatchEvent('connection:close', { detail: opened.connection })
    }
    opened.connection = {
      id: `connection ${peer}`,
      direction: 'inbound',
      status: 'open',
      streams: [],
      remotePeer: peers[peer],
      close: async () => { end('closed') },
      abort: () => { end('aborted') },
      ...overrides
    } as unknown as Connection
    events.safeDispatchEvent('connection:open', { detail: opened.connection })
    return opened
  }

  function ends (opened: Array<{ end: string }>): string[] {
    return opened.map(({ end }) => end)
  }

  it('ends the useless connections that are oldest until the share is kept', () => {
    const reaper = startReaper()
    const opened = Array.from({ length: 9 }, (_, peer) => {
      nowMs += 100
      return open(peer)
    })
    assert.deepEqual(new Set(ends(opened)), new Set(['open']))
    nowMs += 2000
    reaper.sweep()
    assert.deepEqual(ends(opened), ['aborted', ...new Array(8).fill('open')])
    assert.deepEqual(reaper.counters, { crowded: 1, idle: 0 })
  })

  it('frees a slot at once when the last is taken, newcomers or not', () => {
    startReaper()
    const opened = Array.from({ length: 12 }, (_, peer) => open(peer))
    assert.equal(ends(opened).filter(end => end === 'open').length, 9)
    assert.equal(opened[11].end, 'open')
  })

  it('never ends a useful connection, however crowded', () => {
    const reaper = startReaper()
    peers.slice(0, 9).forEach(peer => useful.add(peer.toString()))
    const opened = Array.from({ length: 10 }, (_, peer) => open(peer))
    nowMs += 3_600_000
    reaper.sweep()
    assert.deepEqual(ends(opened), [...new Array(9).fill('open'), 'aborted'])
  })

  it('neither counts nor ends outbound connections while there are few without use, however idle', () => {
    const reaper = startReaper()
    const opened = Array.from({ length: 12 }, (_, peer) => open(peer, { direction: 'outbound' }))
    nowMs += 3_600_000
    reaper.sweep()
    assert.deepEqual(ends(opened), new Array(12).fill('open'))
  })

  it('regression: ends the outbound connections that are longest without use, once there are many of them', () => {
    const reaper = startReaper({ maxSpareOutbound: 4 })
    useful.add(peers[0].toString())
    const own = { direction: 'outbound' } as unknown as Connection['streams'][number]
    const peersOwn = { direction: 'inbound' } as unknown as Connection['streams'][number]
    const opened = Array.from({ length: 8 }, (_, peer) => {
      nowMs += 100
      return open(peer, { direction: 'outbound', streams: peer === 1 ? [own] : [peersOwn] })
    })
    assert.deepEqual(new Set(ends(opened)), new Set(['open']), 'newcomers have their grace')
    nowMs += 2_000
    reaper.sweep()
    assert.deepEqual(ends(opened), ['open', 'open', 'aborted', 'aborted', ...new Array(4).fill('open')])
    assert.deepEqual(reaper.counters, { crowded: 2, idle: 0 })
  })

  it('closes a connection that was useless for longer than idleMs, counted from its last use', async () => {
    const reaper = startReaper({ idleMs: 60_000 })
    useful.add(peers[0].toString())
    const [once, never] = [open(0), open(1)]
    nowMs = 50_000
    reaper.sweep()
    useful.clear()
    nowMs = 60_001
    reaper.sweep()
    assert.deepEqual(ends([once, never]), ['open', 'closed'])
    nowMs = 110_001
    reaper.sweep()
    assert.deepEqual(ends([once, never]), ['closed', 'closed'])
    assert.deepEqual(reaper.counters, { crowded: 0, idle: 2 })
  })

  it('aborts an idle connection whose peer holds the goodbye up', async () => {
    const reaper = startReaper({ closeTimeoutMs: 20 })
    let aborted: Error | undefined
    open(0, {
      close: async ({ signal } = {}) => { await new Promise((resolve, reject) => { signal?.addEventListener('abort', () => { reject(new Error('timed out')) }) }) },
      abort: err => { aborted = err }
    })
    nowMs = 60_001
    reaper.sweep()
    await new Promise(resolve => setTimeout(resolve, 60))
    assert.equal(aborted?.name, 'ConnectionReapedError')
  })

  it('ends the connection when the muxer fails first', () => {
    const reaper = startReaper()
    let calls = 0
    const opened = Array.from({ length: 9 }, (_, peer) => open(peer, {
      abort: () => {
        if (++calls === 1) {
          throw new Error('cannot say goodbye')
        }
      }
    }))
    nowMs += 2000
    reaper.sweep()
    assert.equal(opened.length, 9)
    assert.equal(calls, 2)
  })

  it('keeps a peer of which a role cannot tell whether it is useful', () => {
    const reaper = startReaper({ isUseful: () => { throw new Error('not started') } })
    const opened = open(0)
    nowMs = 3_600_000
    reaper.sweep()
    assert.equal(opened.end, 'open')
  })

  it('knows connections from before its start', () => {
    const early = { id: 'early', direction: 'inbound', status: 'open', remotePeer: peers[0], close: async () => { closed = true } }
    let closed = false
    const reaper = new Reaper({ events, connectionManager: { getConnections: () => [early as unknown as Connection] }, logger: defaultLogger() },
      { maxInbound: 10, isUseful: () => false, now: () => nowMs })
    reapers.push(reaper)
    reaper.start()
    nowMs = 60_001
    reaper.sweep()
    assert.equal(closed, true)
  })
})

describe('eight idle attackers with one open stream each, against eight slots', function () {
  this.timeout(10_000)

  const nodes: Libp2p[] = []

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async node => { await node.stop() }))
  })

  async function lockUp (victim: Libp2p): Promise<void> {
    const attackers = await Promise.all(Array.from({ length: 8 }, async () => await createNode()))
    nodes.unshift(...attackers)
    for (const attacker of attackers) {
      const connection = await attacker.dial(victim.getMultiaddrs())
      await connection.newStream(HOLD)
    }
  }

  async function honestPeer (): Promise<Libp2p> {
    const node = await createNode()
    nodes.unshift(node)
    return node
  }

  it('lock an honest peer out of a plain libp2p node', async () => {
    const victim = await createNode({ listen: true, maxConnections: 8, handlers: { [HOLD]: () => {} } })
    nodes.push(victim)
    await lockUp(victim)
    await assert.rejects((await honestPeer()).dial(victim.getMultiaddrs()))
  })

  it('lose their slots to an honest peer, which keeps its own', async () => {
    const useful = new Set<string>()
    const admission = new Admission({ maxInbound: 8 })
    const victim = await createNode({
      listen: true,
      // libp2p refuses by itself at its own limit, before any gater is asked: admission's must be the one that binds.
      maxConnections: 16,
      muxer: guardedMuxer(plainYamux()),
      gater: composeGaters(admission.gater),
      services: { reaper: reaper({ maxInbound: 8, isUseful: peer => useful.has(peer.toString()) }) },
      handlers: { [HOLD]: () => {} }
    })
    nodes.push(victim)
    await lockUp(victim)
    const honest = await honestPeer()
    useful.add(honest.peerId.toString())
    const connection = await honest.dial(victim.getMultiaddrs())
    await connection.newStream(HOLD)
    await lockUp(victim)
    assert.equal(connection.status, 'open')
    assert.equal(victim.getConnections(honest.peerId).length, 1)
    assert.ok(victim.getConnections().length <= 8)
    assert.equal(admission.counters.deniedTotal, 0)
  })
})
