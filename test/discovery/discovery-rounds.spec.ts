// Rounds of discovery in a node that is made up: whom they dial, and what they look up.
import assert from 'node:assert/strict'
import { TypedEventEmitter } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { DESCRIPTOR_PROTOCOL } from '../../protocols/descriptor/constants.ts'
import { Discovery } from '../../src/discovery/discovery.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { descriptorOf, keyOf, NETWORK, NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { roleKey } from '../../src/discovery/role-key.ts'
import { until } from '../helpers/testnet.ts'
import type { Connection, IdentifyResult, Libp2pEvents } from '@libp2p/interface'
import type { DiscoveryComponents, DiscoveryInit } from '../../src/discovery/discovery.ts'

const BOOTSTRAP = multiaddr('/ip4/192.0.2.99/tcp/4001')

describe('rounds of discovery', () => {
  let discovery: Discovery | undefined
  let dialled: string[]
  let lookedUp: string[]
  let provided: string[]
  let events: TypedEventEmitter<Libp2pEvents>

  beforeEach(() => {
    [dialled, lookedUp, provided] = [[], [], []]
    events = new TypedEventEmitter()
  })

  afterEach(async () => { await discovery?.stop() })

  /** A node that is connected to peer 1 alone, which says so much of itself; whom it dials cannot be reached. */
  async function make (protocols: string[], init: Partial<DiscoveryInit>): Promise<Discovery> {
    const remotePeer = await peerOf(1)
    const connection = { remotePeer, status: 'open', newStream: async () => { throw new Error('deaf') } } as unknown as Connection
    const components = {
      peerId: await peerOf(50),
      privateKey: await keyOf(50),
      addressManager: { getAddresses: () => [] },
      connectionManager: {
        getConnections: () => [connection],
        openConnection: async (to: unknown) => {
          dialled.push(String(to))
          throw new Error('cannot be reached')
        }
      },
      contentRouting: {
        provide: async (key: unknown) => { provided.push(String(key)) },
        findProviders: async function * (key: unknown) { lookedUp.push(String(key)) }
      },
      events,
      logger: defaultLogger(),
      peerStore: { get: async () => ({ protocols }) },
      registrar: { handle: async () => {}, unhandle: async () => {} }
    } as unknown as DiscoveryComponents
    discovery = new Discovery(components, { network: NETWORK, bootstrap: [BOOTSTRAP], seeks: ['forwarder'], describe: () => ({ host: { access: [] } }), now: () => NOW_MS, ...init })
    return discovery
  }

  /** So that somebody is known. */
  async function tell (to: Discovery): Promise<void> {
    to.learn(await openDescriptor(await sealDescriptor(await descriptorOf(2), await keyOf(2)), { nowMs: NOW_MS, network: NETWORK }))
  }

  it('regression: join through a bootstrap node though an application\'s own peers are connected', async () => {
    const rounds = await make(['/app/1.0.0'], {})
    await tell(rounds)
    await rounds.start()
    await until(() => dialled.includes(BOOTSTRAP.toString()), 'the bootstrap node is dialled')
  })

  it('regression: join through a bootstrap node while nobody is known, whoever is connected', async () => {
    await (await make([DESCRIPTOR_PROTOCOL], {})).start()
    await until(() => dialled.includes(BOOTSTRAP.toString()), 'the bootstrap node is dialled')
  })

  it('leave bootstrap nodes alone when somebody is known, and a node of the overlay is connected', async () => {
    const rounds = await make([DESCRIPTOR_PROTOCOL], {})
    await tell(rounds)
    await rounds.start()
    await until(() => lookedUp.length > 0, 'the first round is over')
    assert.deepEqual(dialled, [])
  })

  it('regression: a node that advertises itself meets a bootstrap node, too, which may have started anew', async () => {
    const rounds = await make([DESCRIPTOR_PROTOCOL], { describe: () => ({ forwarder: {} }) })
    await tell(rounds)
    await rounds.start()
    await until(() => dialled.includes(BOOTSTRAP.toString()), 'the bootstrap node is dialled')
    assert.deepEqual(provided, [roleKey(NETWORK, 'forwarder').toString()])
  })

  it('regression: look in a node\'s own region first, and then everywhere', async () => {
    const rounds = await make([DESCRIPTOR_PROTOCOL], { describe: () => ({ tags: { region: 'EU' }, rsp: { mapKind: 'reports', metrics: [] } }) })
    await rounds.start()
    await until(() => lookedUp.length === 2 && provided.length === 2, 'the first round is over')
    assert.deepEqual(lookedUp, [roleKey(NETWORK, 'forwarder', 'eu'), roleKey(NETWORK, 'forwarder')].map(String))
    assert.deepEqual(provided, [roleKey(NETWORK, 'rsp'), roleKey(NETWORK, 'rsp', 'eu')].map(String))
  })

  it('regression: greet no more of one address prefix than its share, and others all the same', async () => {
    let asked = 0
    const rounds = await make([DESCRIPTOR_PROTOCOL], { greets: true, clock: () => 0 })
    await rounds.start()
    const arrive = async (from: string): Promise<void> => {
      const connection = { remotePeer: await peerOf(3), remoteAddr: multiaddr(from), newStream: async () => {
        asked++
        throw new Error('deaf')
      } }
      events.safeDispatchEvent('peer:identify', { detail: { protocols: [DESCRIPTOR_PROTOCOL], connection, listenAddrs: [] } as unknown as IdentifyResult })
    }
    for (let i = 0; i < 60; i++) {
      await arrive(`/ip4/203.0.113.${i}/tcp/4001`)
    }
    assert.equal(asked, 20)
    await arrive('/ip4/198.51.100.1/tcp/4001')
    assert.equal(asked, 21)
  })
})
