// Why a channel goes as it goes: its verdict, every route that it knows with what was promised and what was measured, what was
// offered and refused, and how it came here. Pure; reads what a channel shows of itself.
import type { ChannelStatus, RouteKind, RouteStatus } from './channel-status.ts'
import type { OfferedPath } from './provider-set.ts'
import type { Switch } from './switch-history.ts'

export type RouteUse = 'in use' | 'backup' | 'candidate' | 'refused'

export interface RouteExplanation {
  isDefault: boolean
  /** Peer ids of the forwarders, entry first. */
  path: string[]
  /** Whose offer it is; null for the default route. */
  rsp: string | null
  alsoOfferedBy: string[]
  use: RouteUse
  why: string
  /** Null for the default route, of which nobody promises anything. */
  promised: Promised | null
  /** Null while no echo has come back. */
  measured: { rttMs: number, jitterMs: number | null, loss: number, echoes: number } | null
}

export interface Promised {
  rttMs: number
  marginMs: number | null
  confidence: number | null
  /** Of the oldest measurement behind it, by now; null where the offer is not among the last ones. */
  ageMs: number | null
  expiresInMs: number | null
}

export interface ChannelExplanation {
  destination: string
  kind: RouteKind
  /** `direct`, `via A→B (RSP x, −38 ms)`, `default (reason)` or `no route (reason)`. */
  verdict: string
  reason: string
  /** The one in use first, then the backup, candidates and what was refused. */
  routes: RouteExplanation[]
  /** What each RSP said last. */
  rsps: Array<{ rsp: string, mapKind: string, paths: number, error: string | null }>
  /** Oldest first. */
  switches: Switch[]
}

/** What a channel shows of itself. */
export interface Explainable {
  readonly status: Pick<ChannelStatus, 'remote' | 'kind' | 'reason' | 'routes' | 'answers' | 'text'>
  /** Offered paths that could not be used (their forwarders, joined), and why. */
  readonly refusals: ReadonlyMap<string, string>
  readonly switches: { readonly all: readonly Switch[] }
}

const ORDER: readonly RouteUse[] = ['in use', 'backup', 'candidate', 'refused']
/** Differences in loss below this are noise. */
const NOTICEABLE_LOSS = 0.005

/** @param nowMs - Unix time */
export function explain ({ status, refusals, switches }: Explainable, nowMs: number): ChannelExplanation {
  const { remote: destination, kind, reason, answers, text: verdict } = status
  const routes: readonly RouteStatus[] = status.routes
  const active = routes.find(({ isActive }) => isActive)
  const offers = answers.flatMap(({ paths }) => paths)
  const known = routes.map((route) => explainRoute(route, active, { reason, offers, nowMs }))
  return {
    destination,
    kind,
    verdict,
    reason,
    routes: [...known, ...untaken(offers, known, refusals, nowMs)].sort((a, b) => ORDER.indexOf(a.use) - ORDER.indexOf(b.use)),
    rsps: answers.map(({ rsp, mapKind, paths, error }) => ({ rsp: rsp.toString(), mapKind, paths: paths.length, error: error?.message ?? null })),
    switches: [...switches.all]
  }
}

function explainRoute (route: RouteStatus, active: RouteStatus | undefined, context: { reason: string, offers: readonly OfferedPath[], nowMs: number }): RouteExplanation {
  const { isDefault, path, rsp, measuredRttMs, jitterMs, loss, answered } = route
  const same = context.offers.filter(({ forwarders }) => !isDefault && forwarders.join() === path.join())
  const offer = same.find((offered) => offered.rsp.toString() === rsp)
  return {
    isDefault,
    path,
    rsp,
    alsoOfferedBy: same.map((offered) => offered.rsp.toString()).filter((other) => other !== rsp),
    ...useOf(route, active, context.reason),
    promised: offer !== undefined ? promiseOf(offer, context.nowMs) : rememberedPromise(route),
    measured: measuredRttMs === null ? null : { rttMs: measuredRttMs, jitterMs, loss, echoes: answered }
  }
}

function useOf (route: RouteStatus, active: RouteStatus | undefined, reason: string): { use: RouteUse, why: string } {
  if (route.isActive) {
    return { use: 'in use', why: reason }
  }
  if (!route.alive) {
    return { use: 'refused', why: route.answered > 0 ? 'it stopped answering' : 'it has never answered' }
  }
  return { use: route.isBackup ? 'backup' : 'candidate', why: comparison(route, active) }
}

function comparison (route: RouteStatus, active: RouteStatus | undefined): string {
  if (route.measuredRttMs === null || active?.measuredRttMs == null) {
    return route.measuredRttMs === null ? 'not measured yet' : 'there is nothing measured to compare it with'
  }
  const slowerMs = route.measuredRttMs - active.measuredRttMs
  const delay = slowerMs >= 0 ? `${slowerMs.toFixed(1)} ms slower than the route in use` : `${(-slowerMs).toFixed(1)} ms faster than the route in use`
  const loses = route.loss > active.loss + NOTICEABLE_LOSS
  return loses ? `${delay}, and loses more` : slowerMs < 0 ? `${delay}: too little, or for too short a time, to change` : delay
}

/** What was offered and is no route. */
function untaken (offers: readonly OfferedPath[], known: readonly RouteExplanation[], refusals: ReadonlyMap<string, string>, nowMs: number): RouteExplanation[] {
  const seen = new Set(known.map(({ path }) => path.join()))
  return offers.flatMap((offer): RouteExplanation[] => {
    const id = offer.forwarders.join()
    if (seen.has(id)) {
      return []
    }
    seen.add(id)
    const refusal = refusals.get(id)
    const rsp = offer.rsp.toString()
    return [{
      isDefault: false,
      path: offer.forwarders.map(String),
      rsp,
      alsoOfferedBy: offers.filter(({ forwarders }) => forwarders.join() === id).map((other) => other.rsp.toString()).filter((other) => other !== rsp),
      use: refusal === undefined ? 'candidate' : 'refused',
      why: refusal ?? 'not tried: others come first',
      promised: promiseOf(offer, nowMs),
      measured: null
    }]
  })
}

function promiseOf ({ prediction, notBeforeMs, expiresAtMs }: OfferedPath, nowMs: number): Promised {
  return {
    rttMs: prediction.rttUs / 1_000,
    marginMs: prediction.rttMarginUs / 1_000,
    confidence: prediction.confidence,
    ageMs: prediction.dataAgeMs + Math.max(0, nowMs - notBeforeMs),
    expiresInMs: Math.max(0, expiresAtMs - nowMs)
  }
}

function rememberedPromise ({ predictedRttMs, confidence }: RouteStatus): Promised | null {
  return predictedRttMs === null ? null : { rttMs: predictedRttMs, marginMs: null, confidence, ageMs: null, expiresInMs: null }
}
