// An RSP as a process of its own, with a made-up map: answers route queries over libp2p, and takes reports meanwhile.
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { routeProvider } from '../../../src/rsp/route-provider.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'
import type { RouteProvider } from '../../../src/rsp/route-provider.ts'

export interface RspProcessInit {
  forwarders: number
  linksPerForwarder: number
}

let node: BywayNode<RouteProvider> | undefined
let keys: string[] = []
let neighbours: number[][] = []
let reports: ReturnType<typeof setInterval> | undefined
let absorbed = 0

async function start (argument: unknown): Promise<{ id: string, addresses: string[], forwarders: string[] }> {
  const { forwarders, linksPerForwarder } = argument as RspProcessInit
  node = await startNode({ role: routeProvider({ network: NETWORK, bootstrap: [] }), servesDht: false })
  keys = await Promise.all(Array.from({ length: forwarders }, async (_, i) => forwarderId(i)))
  neighbours = keys.map((_, i) => Array.from({ length: linksPerForwarder }, (_, j) => (i + 1 + j * j * 7 + j) % forwarders).filter((other) => other !== i))
  const { map } = node.services.byway
  for (const key of keys) {
    map.addNode(key)
  }
  neighbours.forEach((others, i) => { for (const other of others) report(i, other) })
  return { id: node.peerId.toString(), addresses: node.getMultiaddrs().map(String), forwarders: keys }
}

/** Ids that have keys, the same in every process. */
async function forwarderId (number: number): Promise<string> {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number + 1)
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString()
}

function report (from: number, to: number): void {
  const rttUs = 5_000 + ((from * 7_919 + to * 104_729) % 150_000) + Math.floor(Math.random() * 500)
  node?.services.byway.map.set(keys[from], keys[to], { rttUs, jitterUs: 300, lossPpm: 0, measuredAtMs: Date.now() })
  absorbed++
}

/** Link reports per second, in ticks of 10 ms; 0 ends them. */
function absorb (argument: unknown): number {
  clearInterval(reports)
  const perTick = (argument as number) / 100
  let from = 0
  if (perTick > 0) {
    reports = setInterval(() => {
      for (let i = 0; i < perTick; i++) {
        from = (from + 1) % keys.length
        report(from, neighbours[from][i % neighbours[from].length])
      }
    }, 10)
  }
  const before = absorbed
  absorbed = 0
  return before
}

answerParent({
  start,
  absorb,
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  status: () => node?.services.byway.status
})
