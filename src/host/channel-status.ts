// What a channel does, and why, for people and for programs.
import { shortName } from './route-book.ts'
import type { Decision } from './path-selector.ts'
import type { ProviderAnswer } from './provider-set.ts'
import type { Route } from './route.ts'
import type { PeerId } from '@libp2p/interface'

export interface RouteStatus {
  id: string
  isDefault: boolean
  isActive: boolean
  /** Where the flow goes when the active one fails. */
  isBackup: boolean
  rsp: string | null
  /** Peer ids of the forwarders, entry first. */
  path: string[]
  alive: boolean
  measuredRttMs: number | null
  jitterMs: number | null
  loss: number
  /** Echoes that have come back since the route is known. */
  answered: number
  predictedRttMs: number | null
  confidence: number | null
}

/**
 * `path`: over forwarders. `direct`: on the default route, since no path that is known is better, or nobody has one to offer. `default`: on the
 * default route for another reason. `none`: no route answers.
 */
export type RouteKind = 'path' | 'direct' | 'default' | 'none'

export interface ChannelStatusInit {
  remote: PeerId
  routes: readonly Route[]
  decision: Decision
  answers: readonly ProviderAnswer[]
  /** Whoever could be asked for paths has been, once at least. */
  hasAsked: boolean
}

export class ChannelStatus {
  readonly remote: string
  readonly kind: RouteKind
  readonly reason: string
  readonly routes: RouteStatus[]
  readonly answers: readonly ProviderAnswer[]
  /** The same for people: `via A→B (RSP x, −38 ms)`, `direct`, `default (reason)` or `no route (reason)`. */
  readonly text: string

  constructor (init: ChannelStatusInit) {
    const isNoneThere = hasNoPath(init)
    this.remote = init.remote.toString()
    this.kind = kindOf(init.decision, isNoneThere)
    this.reason = this.kind === 'direct' && isNoneThere ? 'nobody offers a path' : init.decision.reason
    this.answers = init.answers
    this.routes = init.routes.map((route) => toStatus(route, init.decision))
    this.text = textOf(init.routes, init.decision, this.kind)
  }

  get active (): RouteStatus | undefined {
    return this.routes.find(({ isActive }) => isActive)
  }

  get backup (): RouteStatus | undefined {
    return this.routes.find(({ isBackup }) => isBackup)
  }

  get default (): RouteStatus | undefined {
    return this.routes.find(({ isDefault }) => isDefault)
  }
}

function toStatus (route: Route, { route: active, backup }: Decision): RouteStatus {
  const measured = route.samples > 0
  return {
    id: route.id,
    isDefault: route.isDefault,
    isActive: route.id === active?.id,
    isBackup: route.id === backup?.id,
    rsp: route.path?.rsp.toString() ?? null,
    path: route.path?.forwarders.map((peer) => peer.toString()) ?? [],
    alive: route.alive,
    measuredRttMs: measured ? route.rttMs : null,
    jitterMs: measured ? route.jitterMs : null,
    loss: route.loss,
    answered: route.samples,
    predictedRttMs: route.path === undefined ? null : route.path.prediction.rttUs / 1_000,
    confidence: route.path?.prediction.confidence ?? null
  }
}

function hasNoPath ({ hasAsked, routes, answers }: ChannelStatusInit): boolean {
  return hasAsked && routes.every(({ isDefault }) => isDefault) && answers.every(({ paths, isLate }) => paths.length === 0 && isLate !== true)
}

function kindOf ({ route, cause }: Decision, isNoneThere: boolean): RouteKind {
  if (route === undefined) {
    return 'none'
  }
  if (!route.isDefault) {
    return 'path'
  }
  return cause === 'no-gain' || (cause === 'not-measured' && isNoneThere) ? 'direct' : 'default'
}

function textOf (routes: readonly Route[], { route: chosen, reason }: Decision, kind: RouteKind): string {
  const route = routes.find(({ id }) => id === chosen?.id)
  if (route?.path === undefined) {
    return kind === 'direct' ? 'direct' : `${route === undefined ? 'no route' : 'default'} (${reason})`
  }
  const fallback = routes.find(({ isDefault, alive, samples }) => isDefault && alive && samples > 0)
  const gain = fallback === undefined ? '' : `, ${route.rttMs > fallback.rttMs ? '+' : '−'}${Math.abs(fallback.rttMs - route.rttMs).toFixed(1)} ms`
  return `via ${route.label} (RSP ${shortName(route.path.rsp)}${gain})`
}
