import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { canConnect, connectTo } from '../../src/discovery/connect.ts'
import { composeGaters } from '../../src/defence/compose-gaters.ts'
import { PUBLIC_ONLY } from '../../src/node/public-addresses.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { opened } from '../forwarder/samples.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { DialGrant } from '../../src/discovery/connect.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const PUBLIC = ['/ip4/8.8.4.4/tcp/4001', '/dns4/forwarder.example/tcp/4001']
const NOT_FROM_HERE = ['/ip4/172.17.0.2/tcp/4001', '/ip4/127.0.0.1/tcp/4001', '/ip6/fd00::1/tcp/4001', '/ip4/8.8.4.4/udp/4001/quic-v1', '/dnsaddr/many.example']

describe('a dial that is granted', () => {
  let dialled: string[][]
  let ended: Array<string | undefined>
  let connectionManager: ConnectionManager

  beforeEach(async () => {
    dialled = []
    ended = []
    const node = await createNode({ connectionGater: composeGaters(PUBLIC_ONLY) })
    connectionManager = {
      getConnections: () => [],
      isDialable: node.isDialable.bind(node),
      openConnection: async (addresses: unknown[]) => {
        dialled.push(addresses.map(String))
        return { remoteAddr: addresses[0] } as unknown as Connection
      }
    } as unknown as ConnectionManager
  })

  afterEach(stopNodes)

  const describedAt = async (addresses: string[]): Promise<VerifiedDescriptor> =>
    opened(1, 'forwarder', { endpoints: [{ peer: await peerOf(1), addresses: addresses.map((address) => multiaddr(address)) }] })

  async function connect (addresses: string[], grant: DialGrant): Promise<Connection> {
    return connectTo(connectionManager, await describedAt(addresses), new AbortController().signal, grant)
  }

  it('regression: is of addresses that can be dialled from here: no others take the places of the few', async () => {
    await connect([...NOT_FROM_HERE, ...PUBLIC], (_, dialable) => {
      assert.deepEqual(dialable.map(String), PUBLIC)
      return { addresses: dialable.slice(0, 2), end: (reached) => { ended.push(reached?.toString()) } }
    })
    const named = PUBLIC.map((address) => `${address}/p2p/${String(dialled[0][0].split('/').at(-1))}`)
    assert.deepEqual([dialled, ended], [[named], [named[0]]])
  })

  it('is not asked for where there is none, nor for who does not wait any more', async () => {
    const grant: DialGrant = () => { throw new Error('asked') }
    await assert.rejects(connect(NOT_FROM_HERE, grant), { name: 'UnavailableError' })
    await assert.rejects(connectTo(connectionManager, await describedAt(PUBLIC), AbortSignal.abort(new Error('let go')), grant), { message: /let go|can be dialled/ })
    assert.deepEqual(dialled, [])
  })

  it('may be had of a peer with an address for this node, with a name that may stand for one, or that is connected already', async () => {
    const reachable = async (addresses: string[]): Promise<boolean> => canConnect(connectionManager, await describedAt(addresses))
    const none = NOT_FROM_HERE.slice(0, -1)
    assert.deepEqual(await Promise.all([[], none, [...none, PUBLIC[1]], [...none, '/dnsaddr/many.example']].map(reachable)), [false, false, true, true])
    connectionManager.getConnections = () => [{ status: 'open' } as unknown as Connection]
    assert.equal(await reachable([]), true)
    assert.deepEqual(dialled, [])
  })

  it('has to wait where nothing is granted', async () => {
    await assert.rejects(connect(PUBLIC, () => undefined), { name: 'DialPutOffError', code: 'OVER_QUOTA' })
    assert.deepEqual(dialled, [])
  })
})
