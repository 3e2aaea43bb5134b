// A process of its own: the forwarder that is attacked. Tells its addresses, then a report whenever it is asked.
import { createNode } from '../../src/node/libp2p.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { ATTACKED_NETWORK, MAX_INBOUND } from './attack-scene.ts'
import type { ForwarderReport } from './attack-scene.ts'

/** Often enough to see a peak that passes. */
const WATCH_MS = 20

// counted, not ended by: the report tells
let uncaught = 0
process.on('uncaughtException', () => { uncaught++ })
process.on('unhandledRejection', () => { uncaught++ })
const node = await createNode({
  role: forwarder({ network: ATTACKED_NETWORK }),
  privateKey: await keyOf(50),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  network: ATTACKED_NETWORK,
  servesDht: true,
  isLocal: true,
  admission: { maxInbound: MAX_INBOUND }
})

let peakBytes = 0
setInterval(() => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss()) }, WATCH_MS)

function report (): ForwarderReport {
  const rssBytes = process.memoryUsage.rss()
  const told: ForwarderReport = {
    rssBytes,
    peakBytes: Math.max(peakBytes, rssBytes),
    uncaught,
    attachments: node.services.byway.status.attachments,
    defences: node.services.defences.status
  }
  peakBytes = 0
  return told
}

process.on('message', () => { process.send?.(report()) })
process.on('disconnect', () => { process.exit() })
process.send?.({ addresses: node.getMultiaddrs().map(String) })
