// Where all flows of the overload benchmark end.
import { multiaddr } from '@multiformats/multiaddr'
import { LABELLED_HEADER_BYTES } from '../../../protocols/forward/constants.ts'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode, until } from '../nodes.ts'
import { pathEnd } from '../relay/carriers/path-end.ts'
import { FLOWS, FlowMeter, flowAt } from './flow.ts'

let meters = new Map<number, FlowMeter>()

answerParent({
  /** @returns its peer id */
  start: async (relay) => {
    const node = await startNode({
      role: pathEnd({
        network: NETWORK,
        bootstrap: (relay as string[]).map((address) => multiaddr(address)),
        takes: (buffer, at, length) => {
          const payload = at + LABELLED_HEADER_BYTES
          const flow = buffer[at + 2] === 2 && length > LABELLED_HEADER_BYTES ? flowAt(buffer, payload) : 0
          if (flow !== 0) {
            meters.get(flow)?.add(buffer, payload, length - LABELLED_HEADER_BYTES)
          }
          return flow !== 0
        }
      }),
      servesDht: false,
      ownsProcess: true
    })
    await until(() => node.services.byway.isAttached, 'the receiver is attached to the forwarder')
    return node.peerId.toString()
  },
  begin: () => { meters = new Map(Object.values(FLOWS).map(({ number }) => [number, new FlowMeter()])) },
  end: () => Object.fromEntries(Object.entries(FLOWS).map(([name, { number }]) => [name, meters.get(number)?.arrived]))
})
