// A host whose way to a forwarder or an RSP is cut, between two sockets that stay open.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { mock } from 'node:test'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { serveAttach } from '../../protocols/attach/server.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { NotFoundError } from '../../protocols/errors.ts'
import { serveRoutes } from '../../protocols/route/server.ts'
import { AccessSet } from '../../src/host/access-set.ts'
import { ProviderSet } from '../../src/host/provider-set.ts'
import { ScoreBoard } from '../../src/host/score-board.ts'
import { NETWORK, NOW_MS, descriptorOf, keyOf, peerOf } from '../helpers/descriptors.ts'
import { stopNodes } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import { linkNode } from '../link/link-nodes.ts'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { LinkNode } from '../link/link-nodes.ts'
import type { AccessSetInit } from '../../src/host/access-set.ts'
import type { ProbeResult } from '../../src/measurement/prober.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

const [FAR, PEER, ENTRY, EXIT] = await Promise.all([1, 2, 3, 4].map(peerOf))
/** So fast goes what is counted in virtual seconds. */
const SECOND_MS = 100
const DEADLINE_MS = 2_000
const LOG = defaultLogger().forComponent('test:silent')

/** Between a host and whom it is connected with. */
class Wire {
  readonly #server: Server
  readonly #sockets: Socket[] = []
  #swallowed = new Set<Socket>()
  delayMs = 0

  constructor (toPort: number) {
    this.#server = createServer((near) => {
      const far = connect(toPort, '127.0.0.1')
      this.#pass(near, far)
      this.#pass(far, near)
    })
  }

  async listen (): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Nothing passes any more over the connections that there are. */
  swallow (): void {
    this.#swallowed = new Set(this.#sockets)
  }

  close (): void {
    this.#server.close()
    for (const socket of this.#sockets) {
      socket.destroy()
    }
  }

  #pass (from: Socket, to: Socket): void {
    this.#sockets.push(from)
    const pass = (act: () => void): void => {
      if (!this.#swallowed.has(from)) {
        setTimeout(act, this.delayMs)
      }
    }
    from.on('data', (data) => { pass(() => { to.write(data) }) })
    from.on('error', () => {})
    from.on('close', () => { pass(() => { to.destroy() }) })
  }
}

describe('a host whose connection to its forwarder has died without a word', () => {
  let host: LinkNode
  let wire: Wire
  let access: AccessSet
  let attachments: number
  let probe: ProbeResult
  let skippedMs: number

  beforeEach(async () => {
    attachments = 0
    skippedMs = 0
    probe = { rttMs: 1 }
    const forwarder = await linkNode({ privateKey: await keyOf(1) })
    await serveAttach(forwarder.node.services.internals.registrar, async () => {
      attachments++
      return { leaseMs: 300_000, attachments: 1, maxAttachments: 8 }
    })
    wire = new Wire(portOf(forwarder))
    host = await linkNode()
    access = accessOf(host)
    access.start()
    access.consider(await describedAt(await wire.listen()))
    await until(() => attachments === 1 && access.points.length === 1, 'the attachment', 20_000)
    // what libp2p does beside goes on as it has begun
    mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() })
  })

  afterEach(async () => {
    mock.timers.reset()
    access.stop()
    wire.close()
    await stopNodes()
  })

  function accessOf ({ node, links, connectionManager }: LinkNode): AccessSet {
    return new AccessSet({
      self: node.peerId,
      links,
      connectionManager,
      prober: {
        probe: (_: unknown, onResult: (result: ProbeResult) => void) => {
          onResult(probe)
          return true
        }
      },
      discovery: { refresh: () => {}, self: { get: async () => Uint8Array.of(1), invalidate: () => {} }, directory: { get: () => ({}) } },
      maxAccess: 1,
      maxCandidates: 4,
      now: () => performance.now() + skippedMs,
      log: LOG
    } as unknown as AccessSetInit)
  }

  const skip = (ms: number): void => { skippedMs += ms }

  const connections = (): string[] => host.node.getConnections(FAR).map(({ id }) => id)

  it('regression: is attached again over a new one', async () => {
    const before = connections()
    wire.swallow()
    probe = {}
    const seconds = await secondsUntil(() => !connections().includes(before[0]), 60, skip)
    assert.ok(seconds >= 12 && seconds <= 45, `${seconds} s`)
    probe = { rttMs: 1 }
    await until(() => attachments === 2 && access.isAttached(FAR), 'the new attachment', 20_000)
    assert.deepEqual(host.events, ['up', 'down', 'up'])
    assert.equal(connections().length, 1)
  })

  it('keeps one that is only slow, though no probe comes back in time', async () => {
    const before = connections()
    // virtual time is faster
    wire.delayMs = 1.5 * SECOND_MS
    probe = {}
    await secondsUntil(() => host.events.includes('down'), 40, skip)
    assert.deepEqual([connections(), host.events], [before, ['up']])
  })
})

describe('a host whose connection to an RSP has died without a word', () => {
  let host: LinkNode
  let wire: Wire
  let providers: ProviderSet
  let answer: () => Promise<never>

  beforeEach(async () => {
    answer = async () => { throw new NotFoundError('no path') }
    const rsp = await linkNode({ privateKey: await keyOf(1) })
    await serveRoutes(rsp.node.services.internals.registrar, async () => answer())
    wire = new Wire(portOf(rsp))
    host = await linkNode()
    const { links, connectionManager } = host
    const descriptor = await describedAt(await wire.listen())
    providers = new ProviderSet({
      connectionManager,
      scores: new ScoreBoard({ now: Date.now, log: LOG }),
      providers: () => [descriptor],
      now: Date.now,
      clock: () => performance.now(),
      deadlineMs: DEADLINE_MS,
      onSilent: (peer) => { links.endIfSilent(peer) },
      log: LOG
    })
    assert.equal(await answered(), 'NotFoundError')
    mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() })
  })

  afterEach(async () => {
    mock.timers.reset()
    wire.close()
    await stopNodes()
  })

  async function answered (): Promise<string | undefined> {
    const [{ error }] = await providers.askAll({
      source: host.node.peerId,
      destination: PEER,
      sourceAccess: [{ forwarder: ENTRY, rttUs: 4_000, attached: true }],
      destinationAccess: [{ forwarder: EXIT, rttUs: 5_000 }]
    })
    return error?.name
  }

  const connections = (): string[] => host.node.getConnections(FAR).map(({ id }) => id)

  it('regression: is answered again over a new one', async () => {
    const [before] = connections()
    wire.swallow()
    assert.equal(await answered(), 'DeadlineError')
    const seconds = await secondsUntil(() => !connections().includes(before), 20)
    assert.ok(seconds >= 9 && seconds <= 12, `${seconds} s`)
    assert.equal(await answered(), 'NotFoundError')
  })

  it('keeps the one with an RSP that only does not answer what it was asked', async () => {
    const before = connections()
    answer = async () => new Promise<never>(() => {})
    assert.equal(await answered(), 'DeadlineError')
    await secondsUntil(() => false, 15)
    assert.deepEqual(connections(), before)
  })
})

function portOf ({ node }: LinkNode): number {
  return Number(node.getMultiaddrs()[0].toString().split('/')[4])
}

async function describedAt (port: number): Promise<VerifiedDescriptor> {
  const init = await descriptorOf(1, { endpoints: [{ peer: FAR, addresses: [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)] }] })
  return openDescriptor(await sealDescriptor(init, await keyOf(1)), { nowMs: NOW_MS, network: NETWORK })
}

/** Virtual ones, until it is so: how many that took. */
async function secondsUntil (isSo: () => boolean, most: number, skip: (ms: number) => void = () => {}): Promise<number> {
  for (let seconds = 0; seconds < most; seconds++) {
    if (isSo()) {
      return seconds
    }
    skip(1_000 - SECOND_MS)
    mock.timers.tick(1_000)
    await new Promise((resolve) => setTimeout(resolve, SECOND_MS))
  }
  return most
}
