// A forwarder that only speaks the report protocol, and says what a test wants.
import { pushable } from 'it-pushable'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { sealReport } from '../../protocols/report/codec.ts'
import { serveReports } from '../../protocols/report/server.ts'
import { createNode } from '../helpers/nodes.ts'
import type { LinkMeasurement, PolicyStatement, WatchRequest, WatchResult } from '../../protocols/report/codec.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Pushable } from 'it-pushable'

export class FakeForwarder {
  readonly peer: PeerId
  readonly watches: WatchRequest[] = []
  onWatch: (request: WatchRequest) => WatchResult = (request) => ({ leaseMs: 120_000, accepted: request.targets.length, refused: [] })
  subscriptions = 0
  readonly #key: PrivateKey
  #node: TestNode | undefined
  #reports: Pushable<Uint8Array> | undefined
  #sequence = 0n

  constructor (key: PrivateKey) {
    this.#key = key
    this.peer = peerIdFromPrivateKey(key)
  }

  async start (): Promise<this> {
    const node = this.#node = await createNode({ privateKey: this.#key })
    await serveReports(node.services.internals.registrar, {
      watch: async (request) => {
        this.watches.push(request)
        return this.onWatch(request)
      },
      subscribe: () => {
        this.subscriptions++
        return this.#reports = pushable<Uint8Array>({ objectMode: true })
      }
    })
    return this
  }

  async stop (): Promise<void> {
    await this.#node?.stop()
  }

  /** The subscription ends, as when the forwarder has had enough. */
  hangUp (): void {
    this.#reports?.end()
  }

  async report (links: Array<Partial<LinkMeasurement> & { peer: PeerId }>, { full = true, key = this.#key, policy, priceMicroPerGb, times = 1 }: { full?: boolean, key?: PrivateKey, policy?: PolicyStatement, priceMicroPerGb?: number, times?: number } = {}): Promise<void> {
    const report = await sealReport({
      sequence: ++this.#sequence,
      issuedAtMs: Date.now(),
      full,
      links: links.map((link) => ({ up: true, rttUs: 10_000, jitterUs: 100, lossPpm: 0, samples: 10, ageMs: 0, ...link })),
      loadBytesPerSecond: 0n,
      policy,
      priceMicroPerGb
    }, key)
    for (let time = 0; time < times; time++) {
      this.#reports?.push(report)
    }
  }

  /** What discovery would know of it now. */
  get descriptor (): VerifiedDescriptor {
    const addresses = this.#node?.getMultiaddrs().map((address) => address.decapsulate('/p2p')) ?? []
    return { peer: this.peer, bytes: this.peer.toMultihash().bytes, endpoints: [{ peer: this.peer, addresses }] } as unknown as VerifiedDescriptor
  }
}

/** What the RSP's parts need of a node. */
export function connectionManagerOf (node: TestNode): ConnectionManager {
  return { getConnections: (peer: PeerId) => node.getConnections(peer), openConnection: node.dial.bind(node), isDialable: node.isDialable.bind(node) } as unknown as ConnectionManager
}

export function silentLog (): Logger {
  return defaultLogger().forComponent('byway:test')
}
