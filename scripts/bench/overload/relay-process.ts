// The forwarder that is given too much to do.
import { forwarder } from '../../../src/forwarder/forwarder.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { answerParent } from '../child-process.ts'
import type { Forwarder } from '../../../src/forwarder/forwarder.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'

export interface RelaySample {
  rssBytes: number
  heapBytes: number
  forwardedBytes: number
  dropped: Record<string, number>
  markedPackets: number
}

export interface RelayInit {
  capacityBytesPerSecond: number
  /** Share of the time in which its process does other things. */
  otherShare: number
}

/** Other work comes in pieces of such a period. */
const PERIOD_MS = 1

let node: BywayNode<Forwarder> | undefined

function work (ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs) {
    // somebody else's
  }
}

answerParent({
  /** @returns its addresses */
  start: async (argument) => {
    const { capacityBytesPerSecond, otherShare } = argument as RelayInit
    node = await startNode({
      ownsProcess: true,
      role: forwarder({ network: NETWORK, capacityBytesPerSecond, policy: { rspLinkShare: 1 } }),
      servesDht: true
    })
    if (otherShare > 0) {
      setInterval(() => { work(otherShare * PERIOD_MS) }, PERIOD_MS)
    }
    return node.getMultiaddrs().map(String)
  },
  sample: (): RelaySample => {
    const { rss, heapUsed } = process.memoryUsage()
    const { forwardedBytes, dropped, markedPackets } = (node as BywayNode<Forwarder>).services.byway.status
    return { rssBytes: rss, heapBytes: heapUsed, forwardedBytes, dropped, markedPackets }
  }
})
