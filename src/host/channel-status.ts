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

export class ChannelStatus {
  readonly remote: string
  readonly reason: string
  readonly routes: RouteStatus[]
  readonly answers: readonly ProviderAnswer[]
  /**
   * `direct`: on the default route, and no path that is known is better. `via A→B (RSP x, −38 ms)`. `default (reason)`: on the default route
   * for another reason. `no route (reason)`.
   */
  readonly text: string

  constructor (init: { remote: PeerId, routes: readonly Route[], decision: Decision, answers: readonly ProviderAnswer[] }) {
    this.remote = init.remote.toString()
    this.reason = init.decision.reason
    this.answers = init.answers
    this.routes = init.routes.map((route) => toStatus(route, init.decision))
    this.text = textOf(init.routes, init.decision)
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

function textOf (routes: readonly Route[], { route: chosen, cause, reason }: Decision): string {
  const route = routes.find(({ id }) => id === chosen?.id)
  if (route === undefined) {
    return `no route (${reason})`
  }
  if (route.path === undefined) {
    return cause === 'no-gain' ? 'direct' : `default (${reason})`
  }
  const fallback = routes.find(({ isDefault, alive, samples }) => isDefault && alive && samples > 0)
  const gain = fallback === undefined ? '' : `, ${route.rttMs > fallback.rttMs ? '+' : '−'}${Math.abs(fallback.rttMs - route.rttMs).toFixed(1)} ms`
  return `via ${route.label} (RSP ${shortName(route.path.rsp)}${gain})`
}
