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

let node: BywayNode<Forwarder> | undefined

answerParent({
  /** @returns its addresses */
  start: async (capacityBytesPerSecond) => {
    node = await startNode({
      ownsProcess: true,
      role: forwarder({ network: NETWORK, capacityBytesPerSecond: capacityBytesPerSecond as number, policy: { rspLinkShare: 1 } }),
      servesDht: true
    })
    return node.getMultiaddrs().map(String)
  },
  sample: (): RelaySample => {
    const { rss, heapUsed } = process.memoryUsage()
    const { forwardedBytes, dropped, markedPackets } = (node as BywayNode<Forwarder>).services.byway.status
    return { rssBytes: rss, heapBytes: heapUsed, forwardedBytes, dropped, markedPackets }
  }
})
