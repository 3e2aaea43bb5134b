// Finds the descriptor of somebody who cannot be asked, or of the host that speaks for an application: from the forwarders that the DHT names for it, and from
// nodes that are connected anyway. Several are asked, and the newest counts. Anyone may say in the DHT to be one of those forwarders, so each of the two has places of its own.
import { drawn } from '../defence/drawn.ts'
import { eachOf } from './each-of.ts'
import { fetchApplication, fetchPeer } from '../../protocols/descriptor/client.ts'
import { within } from './within.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface PeerLookupInit {
  /** Whom the DHT names for a host or an application. */
  providers: (peer: PeerId, signal: AbortSignal) => AsyncIterable<PeerId>
  /** Connections to nodes of the overlay, so many at most. */
  connections: (most: number) => Promise<Connection[]>
  connect: (to: PeerId | Multiaddr, signal: AbortSignal) => Promise<Connection>
  verification: () => { nowMs: number, network: string }
  log: Logger
  /** 0 ≤ … < 1 */
  random?: () => number
}

const DEADLINE_MS = 5_000
/** Connected nodes that are asked; as many again that the DHT names, and that the caller does. */
const TOLD_BY = 3

export class PeerLookup {
  readonly #init: PeerLookupInit

  constructor (init: PeerLookupInit) {
    this.#init = init
  }

  /** A bootstrap node may have seen the peer before it was attached anywhere: the highest sequence holds. Whoever aborts it gets what was found by then. */
  async peer (peer: PeerId, outer?: AbortSignal): Promise<VerifiedDescriptor | undefined> {
    const signal = within(DEADLINE_MS, outer)
    let newest: VerifiedDescriptor | undefined
    await this.#ask(peer, [], signal, async (connection) => {
      const found = await fetchPeer(connection, peer, { ...this.#init.verification(), signal })
      newest = newest === undefined || found.sequence > newest.sequence ? found : newest
    })
    return newest
  }

  /** The host whose binding was issued last. `first`: whom to ask before all others. */
  async hostOf (application: PeerId, first: readonly Multiaddr[], outer?: AbortSignal): Promise<VerifiedDescriptor | undefined> {
    const signal = within(DEADLINE_MS, outer)
    const found: Array<Awaited<ReturnType<typeof fetchApplication>>> = []
    await this.#ask(application, first, signal, async (connection) => {
      found.push(await fetchApplication(connection, application, { ...this.#init.verification(), signal }))
    })
    found.sort((a, b) => b.binding.issuedAtMs - a.binding.issuedAtMs || Number(b.descriptor.sequence - a.descriptor.sequence))
    return found[0]?.descriptor
  }

  async #ask (peer: PeerId, first: readonly Multiaddr[], signal: AbortSignal, ask: (connection: Connection) => Promise<void>): Promise<void> {
    const { connections, providers, connect, log, random } = this.#init
    const named: PeerId[] = []
    // half of the time, so that those who are found, and those who are connected anyway, are asked in any case
    for await (const provider of providers(peer, within(DEADLINE_MS / 2, signal))) {
      named.push(provider)
    }
    const asked = [
      ...[...first.slice(0, TOLD_BY), ...drawn(named, TOLD_BY, random)].map((to) => async () => connect(to, signal)),
      ...(await connections(TOLD_BY)).map((connection) => async () => connection)
    ]
    await eachOf(asked, asked.length, async (open) => {
      try {
        await ask(await open())
      } catch (error) {
        log('a node could not tell of %p - %e', peer, error)
      }
    })
  }
}
