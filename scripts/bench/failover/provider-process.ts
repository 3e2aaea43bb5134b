// A bootstrap node and an RSP, so that the hosts find forwarders, and paths over them.
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { bootstrap } from '../../../src/discovery/bootstrap.ts'
import { routeProvider } from '../../../src/rsp/route-provider.ts'
import type { RouteProvider } from '../../../src/rsp/route-provider.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'

let rsp: BywayNode<RouteProvider> | undefined

answerParent({
  /** @returns addresses to begin with */
  start: async () => {
    const first = await startNode({ role: bootstrap({ network: NETWORK }), servesDht: true })
    rsp = await startNode({ role: routeProvider({ network: NETWORK, bootstrap: first.getMultiaddrs(), mapKind: 'reports' }), servesDht: true })
    return first.getMultiaddrs().map(String)
  },
  links: () => rsp?.services.byway.status.links ?? 0
})
