// The end of a path, as a libp2p service: what a host is, without channels. It is attached to the forwarders that it finds, sets
// up paths and takes those that others set up, and hands the benchmark's packets to the benchmark.
import { Discovery } from '../../../../src/discovery/discovery.ts'
import { AccessSet } from '../../../../src/host/access-set.ts'
import { holdPath } from '../../../../src/host/path-hold.ts'
import { HostSetUp } from '../../../../src/host/set-up.ts'
import { Endpoint } from '../../../../src/link/endpoint.ts'
import { LinkSet } from '../../../../src/link/link-set.ts'
import { Prober } from '../../../../src/measurement/prober.ts'
import { nodeIdOf } from '../../../../protocols/forward/node-id.ts'
import { WINDOW_BYTES } from '../packets.ts'
import type { HostComponents } from '../../../../src/host/host.ts'
import type { PathHold, Primitive } from '../../../../src/host/path-hold.ts'
import type { OfferedPath } from '../../../../src/host/provider-set.ts'
import type { PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface PathEndInit {
  network: string
  bootstrap: readonly Multiaddr[]
  /** False: the packet is not the benchmark's. */
  takes: (buffer: Uint8Array, at: number, length: number) => boolean
}

/** Room for all that may be on its way as the smallest packets under a source route: they are mostly header. */
const QUEUE_BYTES = 4 * WINDOW_BYTES
const TICK_MS = 100
const MAX_LINKS = 16

export class PathEnd implements Startable {
  readonly links: LinkSet
  readonly #components: HostComponents
  readonly #discovery: Discovery
  readonly #access: AccessSet
  readonly #prober: Prober
  readonly #setUp: HostSetUp
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (components: HostComponents, { network, bootstrap, takes }: PathEndInit) {
    const { peerId: self, connectionManager, privateKey, logger } = components
    const now = (): number => performance.now()
    const nowS = (): number => Date.now() / 1_000
    this.#components = components
    const links = this.links = new LinkSet(components, {
      now,
      queueBytes: QUEUE_BYTES,
      maxLinks: MAX_LINKS,
      onPacket: (buffer, at, length, from) => {
        if (!takes(buffer, at, length)) {
          endpoint.receive(buffer, at, length, from)
        }
      }
    })
    const endpoint = new Endpoint({ self: nodeIdOf(self), links, nowS })
    const prober = this.#prober = new Prober({ endpoint, now, nowS })
    const discovery = this.#discovery = new Discovery(components, {
      network, bootstrap, seeks: ['forwarder'], describe: () => ({ host: { access: this.#access.points } })
    })
    const log = logger.forComponent('bench:path-end')
    const access = this.#access = new AccessSet({ self, links, prober, discovery, connectionManager, maxAccess: 1, maxCandidates: 1, now, log })
    this.#setUp = new HostSetUp({
      self, privateKey, endpoint, links, discovery, connectionManager, prober, access, now, log, offers: async () => [], accepts: () => true
    })
    discovery.onFound((found) => { access.consider(found) })
  }

  readonly [Symbol.toStringTag] = 'bench/path-end'

  async start (): Promise<void> {
    await this.links.start()
    await this.#setUp.start(this.#components.registrar)
    this.#prober.start()
    this.#access.start()
    this.#timer = setInterval(() => { this.#setUp.tick(performance.now()) }, TICK_MS)
    await this.#discovery.start()
  }

  async stop (): Promise<void> {
    clearInterval(this.#timer)
    await this.#discovery.stop()
    this.#access.stop()
    this.#prober.stop()
    await this.#setUp.stop()
    await this.links.stop()
  }

  get isAttached (): boolean {
    return this.#access.points.some(({ attached }) => attached)
  }

  async hold (offer: OfferedPath, primitive: Primitive, remote: PeerId): Promise<PathHold> {
    return holdPath(offer, primitive, { self: nodeIdOf(this.#components.peerId), remote, installer: this.#setUp.installer })
  }

  isUseful (): boolean {
    return true
  }
}

export function pathEnd (init: PathEndInit): (components: HostComponents) => PathEnd {
  return (components) => new PathEnd(components, init)
}
