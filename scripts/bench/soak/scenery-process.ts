// The part of the overlay that stays, beside what has a process of its own: a bootstrap node, a forwarder, and a host that answers.
import { answerObserved } from './observed-process.ts'
import { bootstrap } from '../../../src/discovery/bootstrap.ts'
import { forwarder } from '../../../src/forwarder/forwarder.ts'
import { ofForwarder, ofHost } from './gauges.ts'
import { host } from '../../../src/host/host.ts'
import { NETWORK, startNode } from '../nodes.ts'
import type { Destination } from './visits.ts'
import type { Observed } from './observed-process.ts'

export interface SceneryStarted {
  seeds: string[]
  ids: string[]
  /** Who can be called. */
  host: Destination
}

const nodes: Record<string, Observed> = {}

answerObserved({
  start: async (): Promise<SceneryStarted> => {
    const first = await startNode({ role: bootstrap({ network: NETWORK }), servesDht: true })
    const seeds = first.getMultiaddrs()
    const relay = await startNode({ role: forwarder({ network: NETWORK, bootstrap: seeds, probeIntervalMs: 500 }), servesDht: true })
    const callee = await startNode({ role: host({ network: NETWORK, bootstrap: seeds }), servesDht: false })
    const work = { channels: 0 }
    callee.services.byway.addEventListener('channel', ({ detail: channel }) => {
      work.channels++
      channel.addEventListener('message', ({ detail }) => { channel.send(detail) })
    })
    nodes.bootstrap = { node: first }
    nodes.forwarder = { node: relay, ...ofForwarder(relay.services.byway) }
    nodes.host = { node: callee, ...ofHost(callee.services.byway, () => ({ ...work })) }
    return { seeds: seeds.map(String), ids: [first, relay, callee].map(({ peerId }) => peerId.toString()), host: { id: callee.peerId.toString(), address: callee.getMultiaddrs()[0].toString() } }
  }
}, () => nodes)
