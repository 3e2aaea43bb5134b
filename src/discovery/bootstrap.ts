// The bootstrap role as a libp2p service: the first node that others connect to. It serves the DHT and tells newcomers which
// forwarders and RSPs it knows; it relays nothing.
import { Discovery } from './discovery.ts'
import { PUBLIC_NETWORK } from './role-key.ts'
import type { DiscoveryComponents } from './discovery.ts'
import type { PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface BootstrapInit {
  /** Name of the overlay. */
  network?: string
  /** Other bootstrap nodes. */
  bootstrap?: readonly Multiaddr[]
  operator?: string
}

export interface BootstrapStatus {
  forwarders: number
  rsps: number
}

export class Bootstrap implements Startable {
  readonly discovery: Discovery

  constructor (components: DiscoveryComponents, init: BootstrapInit = {}) {
    this.discovery = new Discovery(components, {
      network: init.network ?? PUBLIC_NETWORK,
      bootstrap: init.bootstrap ?? [],
      seeks: ['forwarder', 'rsp'],
      greets: true,
      describe: () => ({ operator: init.operator, bootstrap: true })
    })
  }

  readonly [Symbol.toStringTag] = 'byway/bootstrap'

  async start (): Promise<void> {
    await this.discovery.start()
  }

  async stop (): Promise<void> {
    await this.discovery.stop()
  }

  /** Everybody is welcome, and nobody in particular is needed. */
  isUseful (_peer: PeerId): boolean {
    return false
  }

  get status (): BootstrapStatus {
    return {
      forwarders: this.discovery.directory.ofRole('forwarder').length,
      rsps: this.discovery.directory.ofRole('rsp').length
    }
  }
}

/** The bootstrap role: `services: { byway: bootstrap() }`. */
export function bootstrap (init: BootstrapInit = {}): (components: DiscoveryComponents) => Bootstrap {
  return (components) => new Bootstrap(components, init)
}
