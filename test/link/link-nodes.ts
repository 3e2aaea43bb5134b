// Real libp2p nodes on loopback with a link set and nothing else, and peers that only look like one.
import { FORWARD_PROTOCOL } from '../../protocols/forward/constants.ts'
import { LinkSet } from '../../src/link/link-set.ts'
import { connected, createNode } from '../helpers/nodes.ts'
import type { LinkSetComponents, LinkSetInit } from '../../src/link/link-set.ts'
import type { Link } from '../../src/link/link.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Libp2p, PrivateKey, Stream } from '@libp2p/interface'

export interface LinkNode {
  node: TestNode<{ links: LinkSet }>
  links: LinkSet
  connectionManager: ConnectionManager
  /** Numbers of the packets that came, in order. */
  received: number[]
  /** Buffers in which they came, each once. */
  chunks: Set<Uint8Array>
  events: string[]
}

export async function linkNode (init: Partial<LinkSetInit> & { privateKey?: PrivateKey, listen?: string } = {}): Promise<LinkNode> {
  const { privateKey, listen = '/ip4/127.0.0.1/tcp/0', ...overrides } = init
  const received: number[] = []
  const chunks = new Set<Uint8Array>()
  const events: string[] = []
  let connectionManager: ConnectionManager | undefined
  const node = await createNode({
    privateKey,
    addresses: { listen: [listen] },
    services: {
      links: (components: LinkSetComponents): LinkSet => {
        connectionManager = components.connectionManager
        return new LinkSet(components, {
          maxLinks: 16,
          queueBytes: 300_000,
          now: () => performance.now(),
          onPacket: (buffer, at) => {
            chunks.add(buffer)
            received.push(new DataView(buffer.buffer, buffer.byteOffset + at).getUint32(6))
          },
          ...overrides
        })
      }
    }
  })
  const { links } = node.services
  links.addEventListener('link:up', () => { events.push('up') })
  links.addEventListener('link:down', () => { events.push('down') })
  return { node, links, connectionManager: connectionManager as ConnectionManager, received, chunks, events }
}

/** A numbered packet. */
export function packet (number: number, length = 100): Uint8Array {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, length)
  bytes[2] = 1
  view.setUint32(6, number)
  return bytes
}

/** Returns whether there was room. */
export function put (link: Link, number: number, length = 100): boolean {
  const at = link.reserve(length, false)
  if (at >= 0) {
    link.buffer.set(packet(number, length), at)
  }
  return at >= 0
}

/** A stream as a stranger opens it, without a link set. */
export async function rawStream (from: Libp2p, to: Libp2p): Promise<Stream> {
  const connection = await connected(from, to)
  return await connection.newStream(FORWARD_PROTOCOL)
}
