// A forwarder of the failover benchmark. It may be killed at any time.
import { multiaddr } from '@multiformats/multiaddr'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { forwarder } from '../../../src/forwarder/forwarder.ts'
import type { Places } from '../nodes.ts'

export interface ForwarderStart {
  bootstrap: string[]
  port: number
  places: Places
}

/** Newcomers are to be known soon. */
const PROBE_INTERVAL_MS = 250

answerParent({
  /** @returns its peer id */
  start: async (argument) => {
    const { bootstrap, port, places } = argument as ForwarderStart
    const node = await startNode({
      role: forwarder({ network: NETWORK, bootstrap: bootstrap.map((address) => multiaddr(address)), probeIntervalMs: PROBE_INTERVAL_MS }),
      servesDht: true,
      port,
      places,
      ownsProcess: true
    })
    return node.peerId.toString()
  }
})
