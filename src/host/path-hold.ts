// What makes an offered path usable for a channel: nothing but its list where forwarders take anyone's source routes, hop
// authenticators where they do not, or labels.
import { encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { rateClassOf } from '../../protocols/forward/rate-class.ts'
import { wayAlong } from '../link/way.ts'
import type { OfferedPath } from './provider-set.ts'
import type { PathInstaller } from './path-installer.ts'
import type { SetUpStyle } from './set-up-style.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Way } from '../link/way.ts'
import type { PeerId } from '@libp2p/interface'

/** How a path is used: a bare source route, one with authenticators, or labels set up in one of the two styles. */
export type Primitive = 'source-route' | 'authenticators' | SetUpStyle

export interface PathHold {
  readonly path: OfferedPath
  readonly primitive: Primitive
  readonly way: Way
  /** False: the forwarders have lost it. */
  readonly isUp: boolean
  /** Calls back once if the forwarders lose it. */
  onLost: (callback: (reason: string) => void) => void
  release: () => void
}

export interface PathHoldInit {
  self: NodeId
  remote: PeerId
  installer: PathInstaller
  signal?: AbortSignal
}

/**
 * @throws InvalidRouteError for a path over one of the ends themselves; what a forwarder or the destination says that declines; the signal's reason
 */
export async function holdPath (path: OfferedPath, primitive: Primitive, init: PathHoldInit): Promise<PathHold> {
  const { installer, remote, signal } = init
  if (primitive === 'source-route') {
    return listHold(path, primitive, init)
  }
  if (primitive === 'authenticators') {
    return listHold(path, primitive, init, await installer.authenticators(path, remote, { signal }))
  }
  const installed = await installer.install(path, remote, { style: primitive, signal })
  return {
    path,
    primitive,
    way: installed.way,
    get isUp () { return installed.isUp },
    onLost: (callback) => { installed.addEventListener('lost', ({ detail }) => { callback(detail) }, { once: true }) },
    release: () => { void installed.remove() }
  }
}

function listHold (path: OfferedPath, primitive: Primitive, { self, remote }: PathHoldInit, authenticators?: readonly Uint8Array[]): PathHold {
  const header = encodeSourceRoute({
    nodes: [self, ...path.forwarders.map(nodeIdOf), nodeIdOf(remote)],
    expiryS: Math.floor(path.expiresAtMs / 1_000),
    pathTag: path.tag,
    ...(authenticators === undefined ? {} : { authenticators: [undefined, ...authenticators], rateClass: rateClassOf(path.maxBytesPerSecond) })
  })
  return { path, primitive, way: wayAlong(header), isUp: true, onLost: () => {}, release: () => {} }
}
