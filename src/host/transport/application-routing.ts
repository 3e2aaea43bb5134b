// Lets an application dial peers by their ids alone, as it does with other peer routers: who is found has the address that follows from its id.
import { bywayAddressOf } from './byway-address.ts'
import type { PeerId, PeerInfo, PeerRouting, RoutingOptions } from '@libp2p/interface'

export class ApplicationRouting implements PeerRouting {
  readonly #find: (application: PeerId, signal?: AbortSignal) => Promise<unknown>

  /** @param find - throws when nobody speaks for the application */
  constructor (find: (application: PeerId, signal?: AbortSignal) => Promise<unknown>) {
    this.#find = find
  }

  readonly [Symbol.toStringTag] = 'byway/application-routing'

  async findPeer (application: PeerId, options: RoutingOptions = {}): Promise<PeerInfo> {
    await this.#find(application, options.signal)
    return { id: application, multiaddrs: [bywayAddressOf(application)] }
  }

  /** The overlay knows no distances between applications. */
  async * getClosestPeers (): AsyncGenerator<PeerInfo> {}
}
