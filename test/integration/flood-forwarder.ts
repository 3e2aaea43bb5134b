// A process of its own: the forwarder that is flooded. Tells its addresses, then a report whenever it is asked.
import { toString } from 'uint8arrays/to-string'
import { createNode } from '../../src/node/libp2p.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { CHECKS_PER_SECOND, FLOOD_NETWORK, cast } from './flood-cast.ts'
import type { ForwarderReport } from './flood-cast.ts'

const BURST_S = 0.3

const prefixes = new Map([cast.destination, ...cast.honest, ...cast.attackers].map(({ peer, prefix }) => [peer.toString(), prefix]))
const node = await createNode({
  role: forwarder({
    network: FLOOD_NETWORK,
    setUpLimits: { checksPerSecond: CHECKS_PER_SECOND, checkBurst: BURST_S * CHECKS_PER_SECOND },
    setUpPrefixOf: ({ remotePeer }) => prefixes.get(remotePeer.toString())
  }),
  privateKey: cast.forwarder.key,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  network: FLOOD_NETWORK,
  servesDht: true,
  isLocal: true
})

function report (): ForwarderReport {
  const { setUps, table } = node.services.byway.status
  const { user, system } = process.cpuUsage()
  return {
    tableEntries: setUps.tableEntries,
    queued: setUps.queued,
    bits: setUps.bits,
    checksStarted: setUps.checksStarted,
    admitted: setUps.admitted,
    held: setUps.held,
    refused: setUps.refusedByCaller + setUps.refusedByPrefix,
    rssBytes: process.memoryUsage().rss,
    cpuSeconds: (user + system) / 1e6,
    paths: table.paths
  }
}

process.on('message', () => { process.send?.({ report: report() }) })
process.on('disconnect', () => { process.exit() })
process.send?.({
  addresses: node.getMultiaddrs().map(String),
  descriptor: toString(await node.services.byway.discovery.self.get(), 'base64')
})
