// How long it takes to each node of a path, as seen from here.
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { PathHold } from './path-hold.ts'
import type { Prober } from '../measurement/prober.ts'
import type { SetUpStyle } from './set-up-style.ts'
import type { PeerId } from '@libp2p/interface'

/** A path under labels, hop by hop. */
export interface LabelledTrace {
  /** Entry first. */
  forwarders: string[]
  rsp: string
  style: SetUpStyle
  setUpMs: number
  /** The forwarders, then the destination; null where nothing came back. */
  hops: Array<{ id: string, rttMs: number | null }>
}

/** Round trips of probes along [first], [first, second], …; undefined where none came back. */
export async function traceRouted (prober: Prober, path: readonly PeerId[]): Promise<Array<number | undefined>> {
  return Promise.all(path.map(async (_, index) => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    if (!prober.probe(path.slice(0, index + 1).map(nodeIdOf), ({ rttMs }) => { resolve(rttMs) })) {
      resolve(undefined)
    }
    return promise
  }))
}

/** Round trips to each forwarder of a path that is held with labels, and to its destination: by packets whose TTL ends there, and one that comes back. */
export async function traceHeld (prober: Prober, { path: { forwarders }, way }: PathHold, destination: PeerId): Promise<LabelledTrace['hops']> {
  return Promise.all([...forwarders, destination].map(async (id, index) => {
    const { promise, resolve } = Promise.withResolvers<number | null>()
    const ttl = index < forwarders.length ? index + 1 : undefined
    if (!prober.probeOn(way, ({ rttMs, noticeMs }) => { resolve(rttMs ?? noticeMs ?? null) }, { ttl })) {
      resolve(null)
    }
    return { id: id.toString(), rttMs: await promise }
  }))
}
