// The host that receives, and notes when what came.
import { multiaddr } from '@multiformats/multiaddr'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { nowMs, readDatagram } from './datagram.ts'
import { host } from '../../../src/host/host.ts'
import type { Places } from '../nodes.ts'
import type { Host } from '../../../src/host/host.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'

export interface HostStart {
  bootstrap: string[]
  port: number
  places: Places
}

export interface Arrivals {
  /** When datagrams came that were newer than all before, ms; since the last time. */
  atMs: number[]
  /** Different ones, since the beginning. */
  received: number
  corrupt: number
  /** Came again: nothing that was sent once may come twice. */
  repeated: number
  channels: number
  closed: number
}

let node: BywayNode<Host> | undefined
let atMs: number[] = []
let [corrupt, repeated, channels, closed, newest] = [0, 0, 0, 0, -1]
const seen = new Set<number>()

function take (datagram: Uint8Array): void {
  const read = readDatagram(datagram)
  if (read === undefined) {
    corrupt++
  } else if (seen.has(read.number)) {
    repeated++
  } else {
    seen.add(read.number)
    if (read.number > newest) {
      newest = read.number
      atMs.push(nowMs())
    }
  }
}

answerParent({
  start: async (argument) => {
    const { bootstrap, port, places } = argument as HostStart
    node = await startNode({ role: host({ network: NETWORK, bootstrap: bootstrap.map((address) => multiaddr(address)) }), servesDht: false, port, places, ownsProcess: true })
    node.services.byway.addEventListener('channel', ({ detail: channel }) => {
      channels++
      channel.addEventListener('message', ({ detail }) => { take(detail) })
      channel.addEventListener('close', () => { closed++ })
    })
    return node.peerId.toString()
  },
  access: () => node?.services.byway.access.points.length ?? 0,
  arrivals: (): Arrivals => {
    const taken = atMs
    atMs = []
    return { atMs: taken, received: seen.size, corrupt, repeated, channels, closed }
  }
})
