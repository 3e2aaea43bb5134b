// Keeps `/byway` addresses out of the application's peer store. libp2p stores what it has dialled, and what is stored there a DHT of the application tells to
// others: a peer without byway cannot read such an address, and throws away the whole message. They follow from peer ids, so nothing is lost.
import { CODE_BYWAY } from './byway-address.ts'
import type { Libp2pEvents, Logger, PeerStore, PeerUpdate, TypedEventTarget } from '@libp2p/interface'

export interface UnstoredAddressesInit {
  events: TypedEventTarget<Libp2pEvents>
  peerStore: PeerStore
  log: Logger
}

export class UnstoredAddresses {
  readonly #init: UnstoredAddressesInit

  constructor (init: UnstoredAddressesInit) {
    this.#init = init
  }

  start (): void {
    this.#init.events.addEventListener('peer:update', this.#onUpdate)
  }

  stop (): void {
    this.#init.events.removeEventListener('peer:update', this.#onUpdate)
  }

  readonly #onUpdate = ({ detail: { peer } }: CustomEvent<PeerUpdate>): void => {
    const { peerStore, log } = this.#init
    const kept = peer.addresses.filter(({ multiaddr }) => !multiaddr.getComponents().some(({ code }) => code === CODE_BYWAY))
    if (kept.length < peer.addresses.length) {
      peerStore.patch(peer.id, { addresses: kept }).catch((error: unknown) => { log('an address of %p stays stored - %e', peer.id, error) })
    }
  }
}
