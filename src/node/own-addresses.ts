/**
 * Which of its own addresses a node tells others.
 *
 * libp2p keeps a public address that it listens on to itself until somebody confirms that it can be reached from outside, and tells of private ones at once. A node
 * in public needs it the other way round: what its own interfaces have is told, and what nobody in public may dial is not. Where a firewall stands between, the operator
 * has to open it, and behind NAT to say which address the outside sees (`announce`).
 */
import { tryGetNetConfig } from '@libp2p/utils'
import { isPrivateHost } from './public-addresses.ts'
import type { Libp2pEvents, Startable, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface OwnAddressesComponents {
  addressManager: AddressManager
  events: TypedEventTarget<Libp2pEvents>
}

/** Interfaces get addresses later, too: others take their place at a new router, or IPv6 comes. */
const LOOK_INTERVAL_MS = 60_000

/** For the services of a node: tells of the public addresses that it listens on. */
export function ownAddresses (): (components: OwnAddressesComponents) => Startable {
  return (components) => new OwnAddresses(components)
}

/** Those that others may dial in public. */
export function withoutPrivate (addresses: Multiaddr[]): Multiaddr[] {
  return addresses.filter((address) => {
    const host = tryGetNetConfig(address)?.host
    return host !== undefined && !isPrivateHost(host)
  })
}

class OwnAddresses implements Startable {
  readonly #components: OwnAddressesComponents
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (components: OwnAddressesComponents) {
    this.#components = components
  }

  start (): void {
    this.#components.events.addEventListener('transport:listening', this.#confirm)
    this.#timer = setInterval(this.#confirm, LOOK_INTERVAL_MS)
    this.#timer.unref()
  }

  stop (): void {
    this.#components.events.removeEventListener('transport:listening', this.#confirm)
    clearInterval(this.#timer)
  }

  readonly #confirm = (): void => {
    const { addressManager } = this.#components
    for (const { multiaddr, type, verified } of addressManager.getAddressesWithMetadata()) {
      if (type === 'transport' && !verified) {
        addressManager.confirmObservedAddr(multiaddr, { type })
      }
    }
  }
}
