// Which of a node's connections lead to nodes of an overlay. An application that runs a role in its own node is connected to others, too, who know nothing of it.
import { DESCRIPTOR_PROTOCOL } from '../../protocols/descriptor/constants.ts'
import { drawn } from '../defence/drawn.ts'
import type { Connection, PeerId, PeerStore } from '@libp2p/interface'

export interface OverlayConnectionsInit {
  /** All of the node's. */
  connections: () => readonly Connection[]
  /** Is there a verified descriptor of this peer? */
  isDescribed: (peer: PeerId) => boolean
  peerStore: Pick<PeerStore, 'get'>
  /** 0 ≤ … < 1 */
  random?: () => number
}

export class OverlayConnections {
  readonly #init: OverlayConnectionsInit

  constructor (init: OverlayConnectionsInit) {
    this.#init = init
  }

  /** Is there an open one? */
  async any (): Promise<boolean> {
    for (const { remotePeer } of this.#drawn()) {
      if (await this.#isOfOverlay(remotePeer) === true) {
        return true
      }
    }
    return false
  }

  /** Open ones to so many peers at most, drawn anew each time; where they are too few also to peers that have not yet said what they are. */
  async some (most: number): Promise<Connection[]> {
    const known: Connection[] = []
    const unknown: Connection[] = []
    for (const connection of this.#drawn()) {
      if (known.length >= most) {
        break
      }
      const isOfOverlay = await this.#isOfOverlay(connection.remotePeer)
      if (isOfOverlay !== false) {
        (isOfOverlay === true ? known : unknown).push(connection)
      }
    }
    return [...known, ...unknown].slice(0, most)
  }

  /** Of each peer one. */
  #drawn (): Connection[] {
    const open = this.#init.connections().filter(({ status }) => status === 'open')
    const byPeer = new Map(open.map((connection) => [connection.remotePeer.toString(), connection]))
    return drawn([...byPeer.values()], byPeer.size, this.#init.random)
  }

  /** A peer has described itself, or told identify that it would. Undefined: it has told nothing yet. */
  async #isOfOverlay (peer: PeerId): Promise<boolean | undefined> {
    if (this.#init.isDescribed(peer)) {
      return true
    }
    try {
      const { protocols } = await this.#init.peerStore.get(peer)
      return protocols.length === 0 ? undefined : protocols.includes(DESCRIPTOR_PROTOCOL)
    } catch {
      // the peer store knows nothing of it
      return undefined
    }
  }
}
