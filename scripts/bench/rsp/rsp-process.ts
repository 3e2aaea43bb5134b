// An RSP as a process of its own, with a made-up map: answers route queries over libp2p, and takes forwarders' reports meanwhile.
import { answerParent, machine } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { FORWARDERS, forwarderIds, neighboursOf, rttUsOf } from './made-up-map.ts'
import { openDescriptor } from '../../../protocols/descriptor/codec.ts'
import { routeProvider } from '../../../src/rsp/route-provider.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'
import type { RouteProvider } from '../../../src/rsp/route-provider.ts'

export interface RspStarted {
  id: string
  addresses: string[]
}

let node: BywayNode<RouteProvider> | undefined
let absorbed = 0

function provider (): RouteProvider {
  if (node === undefined) {
    throw new Error('not started')
  }
  return node.services.byway
}

async function start (): Promise<RspStarted> {
  node = await startNode({ role: routeProvider({ network: NETWORK, bootstrap: [] }), servesDht: false })
  const { map } = provider()
  const keys = (await forwarderIds()).map(String)
  for (const key of keys) {
    map.addNode(key)
  }
  for (let from = 0; from < FORWARDERS; from++) {
    for (const to of neighboursOf(from)) {
      map.set(keys[from], keys[to], { rttUs: rttUsOf(from, to), jitterUs: 300, lossPpm: 0, measuredAtMs: Date.now() })
    }
  }
  const set = map.set.bind(map)
  map.set = (...report) => {
    absorbed++
    set(...report)
  }
  return { id: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}

/** Makes forwarders known, whose reports are then subscribed to. */
async function follow (descriptors: unknown): Promise<void> {
  const { discovery } = provider()
  for (const bytes of descriptors as Uint8Array[]) {
    discovery.learn(await openDescriptor(bytes, discovery.verification))
  }
}

answerParent({
  start,
  follow,
  /** Link reports that have reached the map so far. */
  absorbed: () => absorbed,
  machine,
  signing: () => provider().status.signing
})
