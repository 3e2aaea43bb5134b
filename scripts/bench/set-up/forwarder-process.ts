// A forwarder as a process of its own: started and asked for its CPU time over IPC.
import { multiaddr } from '@multiformats/multiaddr'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { forwarder } from '../../../src/forwarder/forwarder.ts'
import type { Places } from '../nodes.ts'
import type { Forwarder, ForwarderInit } from '../../../src/forwarder/forwarder.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'

export interface ForwarderProcessInit {
  /** Multiaddrs of the nodes to begin with. */
  bootstrap: string[]
  forwarder?: ForwarderInit
  port?: number
  places?: Places
}

let node: BywayNode<Forwarder> | undefined

async function start (argument: unknown): Promise<string> {
  const init = argument as ForwarderProcessInit
  node = await startNode({
    role: forwarder({ network: NETWORK, bootstrap: init.bootstrap.map((address) => multiaddr(address)), ...init.forwarder }),
    servesDht: true,
    port: init.port,
    places: init.places
  })
  return node.peerId.toString()
}

answerParent({
  start,
  /** Of all threads, in µs since the process began. */
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  table: () => node?.services.byway.status.table,
  setUps: () => node?.services.byway.status.setUps
})
