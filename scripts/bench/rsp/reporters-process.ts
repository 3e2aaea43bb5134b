// Some of the forwarders, in a process of their own: each is a libp2p node that streams signed reports of its links to the RSP that has
// subscribed. They measure and relay nothing, and sign before anything is measured, since the RSP needs the machine.
import { pushable } from 'it-pushable'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { forwarderIds, forwarderKey, neighboursOf, rttUsOf } from './made-up-map.ts'
import { sealDescriptor } from '../../../protocols/descriptor/codec.ts'
import { sealReport } from '../../../protocols/report/codec.ts'
import { serveReports } from '../../../protocols/report/server.ts'
import type { Role } from '../../../src/node/libp2p.ts'
import type { DiscoveryComponents } from '../../../src/discovery/discovery.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Pushable } from 'it-pushable'

export interface ReportersInit {
  reporters: number
  linksPerReport: number
}

const DESCRIPTOR_LIFE_MS = 600_000

class Reporter implements Role {
  readonly #components: DiscoveryComponents
  readonly #neighbours: Array<{ number: number, peer: PeerId }>
  readonly #number: number
  #reports: Pushable<Uint8Array> | undefined
  readonly #prepared: Uint8Array[] = []
  #sent = 0
  #sequence = 0n
  isUseful = (): boolean => true

  constructor (components: DiscoveryComponents, number: number, ids: readonly PeerId[], links: number) {
    this.#components = components
    this.#number = number
    this.#neighbours = neighboursOf(number, links).map((other) => ({ number: other, peer: ids[other] }))
  }

  async start (): Promise<void> {
    await serveReports(this.#components.registrar, {
      watch: async ({ targets, leaseMs }) => ({ leaseMs, accepted: targets.length, refused: [] }),
      subscribe: () => {
        this.#reports = pushable<Uint8Array>({ objectMode: true })
        void this.#seal(true).then((report) => this.#reports?.push(report))
        return this.#reports
      }
    })
  }

  stop (): void {
    this.#reports?.end()
  }

  /** A report that is to be sent later, after all that were prepared before. */
  async prepare (): Promise<void> {
    this.#prepared.push(await this.#seal(false))
  }

  /** Sends a prepared report; none when there is none left. */
  send (): void {
    const report = this.#prepared[this.#sent++]
    if (report !== undefined) {
      this.#reports?.push(report)
    }
  }

  async #seal (full: boolean): Promise<Uint8Array> {
    return sealReport({
      sequence: ++this.#sequence,
      issuedAtMs: Date.now(),
      full,
      links: this.#neighbours.map(({ number, peer }) => ({ peer, up: true, rttUs: rttUsOf(this.#number, number), jitterUs: 300, lossPpm: 0, samples: 10, ageMs: 0 })),
      loadBytesPerSecond: 0n
    }, this.#components.privateKey)
  }
}

const reporters: Reporter[] = []
let timer: ReturnType<typeof setInterval> | undefined

/** Gives their descriptors. */
async function start (argument: unknown): Promise<Uint8Array[]> {
  const init = argument as ReportersInit
  const ids = await forwarderIds()
  return Promise.all(Array.from({ length: init.reporters }, async (_, number) => startOne(number, await forwarderKey(number), ids, init.linksPerReport)))
}

async function startOne (number: number, privateKey: PrivateKey, ids: readonly PeerId[], links: number): Promise<Uint8Array> {
  const node = await startNode({ role: (components) => new Reporter(components, number, ids, links), servesDht: false, privateKey })
  reporters.push(node.services.byway)
  return sealDescriptor({
    network: NETWORK,
    sequence: 1n,
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + DESCRIPTOR_LIFE_MS,
    endpoints: [{ peer: node.peerId, addresses: node.getMultiaddrs().map((address) => address.decapsulate(`/p2p/${node.peerId.toString()}`)) }],
    forwarder: { capacityBytesPerSecond: 12_500_000, maxAttachments: 256, maxNeighbours: 64 }
  }, privateKey)
}

async function prepare (count: unknown): Promise<void> {
  for (let i = 0; i < (count as number); i++) {
    await reporters[i % reporters.length].prepare()
  }
}

/** So many prepared reports per second of all together, one after the other, however late a timer is; 0 ends them. */
function report (perSecond: unknown): void {
  clearInterval(timer)
  const startedMs = performance.now()
  let sent = 0
  if (perSecond as number > 0) {
    timer = setInterval(() => {
      for (const due = (performance.now() - startedMs) / 1_000 * (perSecond as number); sent < due; sent++) {
        reporters[sent % reporters.length].send()
      }
    }, 5)
  }
}

answerParent({ start, prepare, report })
