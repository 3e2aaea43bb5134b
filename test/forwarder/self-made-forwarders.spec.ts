// Decision 35: who counts as a forwarder, with larger buckets and quotas of its own, is for the node to say. Real nodes on loopback.
import assert from 'node:assert/strict'
import { attach } from '../../protocols/attach/client.ts'
import { encodeFrame } from '../../protocols/request-stream/frames.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MAX_FRAME_BYTES, MessageType, SETUP_PROTOCOL } from '../../protocols/setup/constants.ts'
import { sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { watch } from '../../protocols/report/client.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { stopNodes } from '../helpers/nodes.ts'
import { linkNode } from '../link/link-nodes.ts'
import { NETWORK } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { DescriptorInit } from '../../protocols/descriptor/codec.ts'
import type { DefendedNode } from '../../src/node/libp2p.ts'
import type { Forwarder } from '../../src/forwarder/forwarder.ts'
import type { Connection, PeerId } from '@libp2p/interface'

const CALLER_BURST = 5
const FRAMES = 40
const LIMITS = { callerPerSecond: 0.001, callerBurst: CALLER_BURST, forwarderPerSecond: 1, forwarderBurst: FRAMES, prefixPerSecond: 1_000, prefixBurst: 1_000, maxHoldMs: 1, maxForwardersPerPrefix: 2 }

const FORWARDER = { forwarder: { capacityBytesPerSecond: 1, maxAttachments: 1, maxNeighbours: 1 } }
const RSP = { rsp: { mapKind: 'reports' as const, metrics: ['delay' as const], priceMicro: 0n } }

interface Caller { peer: PeerId, connection: Connection, descriptor: Uint8Array }

describe('a peer that says it is a forwarder', () => {
  let node: DefendedNode<Forwarder>

  beforeEach(async () => {
    node = await createNode({
      role: forwarder({ network: NETWORK, setUpLimits: LIMITS, setUpPrefixOf: () => '192.0.2.0/24' }),
      privateKey: await generateKeyPair('Ed25519'),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      network: NETWORK,
      servesDht: false,
      isLocal: true
    })
  })

  afterEach(async () => {
    await node.stop()
    await stopNodes()
  })

  /** A peer with a link to the node, which it can be reached by, attached with whatever it says of itself. */
  async function attached (says: Partial<DescriptorInit>): Promise<Caller> {
    const privateKey = await generateKeyPair('Ed25519')
    const { node: caller, links } = await linkNode({ privateKey })
    const connection = await caller.dial(node.getMultiaddrs())
    await links.open(node.peerId, { connection })
    const nowMs = Date.now()
    const descriptor = await sealDescriptor({
      network: NETWORK, sequence: 1n, issuedAtMs: nowMs, expiresAtMs: nowMs + 600_000, endpoints: [{ peer: caller.peerId, addresses: caller.getMultiaddrs() }], ...says
    }, privateKey)
    await attach(connection, { descriptor }, { signal: AbortSignal.timeout(5_000) })
    return { peer: caller.peerId, connection, descriptor }
  }

  /** Frames too long for a refresh, with nothing in them that holds. @returns how many were looked at */
  async function flood ({ connection }: Caller): Promise<number> {
    const seen = (): { admitted: number, all: number } => {
      const { admitted, refusedByCaller, refusedByPrefix } = node.services.byway.status.setUps
      return { admitted, all: admitted + refusedByCaller + refusedByPrefix }
    }
    const before = seen()
    const stream = await connection.newStream(SETUP_PROTOCOL)
    for (let exchange = 0; exchange < FRAMES; exchange++) {
      stream.send(encodeFrame({ type: MessageType.install, status: 0, exchange, body: new Uint8Array(600) }, MAX_FRAME_BYTES))
    }
    await until(() => seen().all - before.all === FRAMES, 'all of them are seen')
    return seen().admitted - before.admitted
  }

  it('gets the buckets of a host, though it is attached as a forwarder with a link both ways', async () => {
    const caller = await attached(FORWARDER)
    assert.equal(await flood(caller), CALLER_BURST)
  })

  it('gets those of a forwarder once this node keeps a link to it', async () => {
    const caller = await attached(FORWARDER)
    await watchBy(await attached(RSP), [caller])
    assert.equal(await flood(caller), FRAMES)
  })

  it('gets those of a host when an RSP has many of its prefix watched', async () => {
    const callers = [await attached(FORWARDER), await attached(FORWARDER), await attached(FORWARDER)]
    await watchBy(await attached(RSP), callers)
    assert.equal(node.services.byway.status.neighbours, 3)
    const admitted = []
    for (const caller of callers) {
      admitted.push(await flood(caller))
    }
    assert.deepEqual(admitted, [FRAMES, FRAMES, CALLER_BURST])
  })

  it('is not watched for an RSP any more once that is revoked', async () => {
    const rsp = await attached(RSP)
    await watchBy(rsp, [await attached(FORWARDER)])
    const { status: { neighbours, watchingRsps } } = node.services.byway
    node.services.byway.revoke(rsp.peer)
    const { status: after } = node.services.byway
    assert.deepEqual([neighbours, watchingRsps, after.neighbours, after.watchingRsps], [1, 1, 0, 0])
  })

  async function watchBy (rsp: Caller, forwarders: Caller[]): Promise<void> {
    const { accepted } = await watch(rsp.connection, { descriptor: rsp.descriptor, targets: forwarders.map(({ descriptor }) => descriptor), connectOnly: true, leaseMs: 60_000 })
    assert.equal(accepted, forwarders.length)
  }
})
