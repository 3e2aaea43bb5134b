// Listening on byway: nothing is bound to a port. Peers find the underlay by the application's id; an address with a forwarder keeps the underlay attached there.
import { TypedEventEmitter } from 'main-event'
import { listenAddress, parseBywayAddress } from './byway-address.ts'
import type { Listener, ListenerEvents, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface BywayListenerInit {
  upgrader: Upgrader
  /** Does the application tell these addresses to its peers? */
  announces: boolean
  opened: (listener: BywayListener) => void
  closed: (listener: BywayListener) => void
  /** Attaches the underlay to the forwarder at this address until the listener is closed. */
  attachTo: (forwarder: Multiaddr, listener: BywayListener) => Promise<void>
}

export class BywayListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly upgrader: Upgrader
  readonly #init: BywayListenerInit
  #address: Multiaddr | undefined

  constructor (init: BywayListenerInit) {
    super()
    this.#init = init
    this.upgrader = init.upgrader
  }

  /** @throws UnavailableError when the forwarder in the address does not take us */
  async listen (address: Multiaddr): Promise<void> {
    const forwarder = parseBywayAddress(address)?.forwarder
    if (forwarder !== undefined) {
      await this.#init.attachTo(forwarder, this)
    }
    this.#address = listenAddress(forwarder)
    this.#init.opened(this)
    this.safeDispatchEvent('listening')
  }

  getAddrs (): Multiaddr[] {
    return this.#init.announces && this.#address !== undefined ? [this.#address] : []
  }

  updateAnnounceAddrs (): void {}

  async close (): Promise<void> {
    this.#address = undefined
    this.#init.closed(this)
    this.safeDispatchEvent('close')
  }
}
