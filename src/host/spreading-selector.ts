// Selectors that use more than one route at once. Which one is the first, and when it changes, another selector decides; these add others to it.
// Only datagrams are spread: reliable streams follow the first route, since their congestion control knows one path.
import { areDisjoint } from './path-selector.ts'
import { SteadySelector } from './steady-selector.ts'
import type { Decision, PathSelector, PathSelectorInit, RouteState } from './path-selector.ts'

/** Stripes arrive in disorder by what the routes differ in, and what one of them loses is missing: more than this is worse than less bandwidth. */
const MOST_SLOWER_SHARE = 1.25
const MOST_SLOWER_MS = 10
const MOST_STRIPES = 3

export function selectorOf (init: PathSelectorInit = {}): PathSelector {
  const steady = new SteadySelector(init)
  switch (init.spread ?? 'single') {
    case 'single': return steady
    case 'copies': return new CopyingSelector(steady)
    case 'stripes': return new StripingSelector(steady)
  }
}

/** A copy of each datagram goes over the backup: the flow does not notice when either of the two fails. */
export class CopyingSelector implements PathSelector {
  readonly #inner: PathSelector

  constructor (inner: PathSelector) {
    this.#inner = inner
  }

  decide (routes: readonly RouteState[], nowMs: number): Decision {
    const decision = this.#inner.decide(routes, nowMs)
    return { ...decision, also: decision.backup === undefined ? [] : [decision.backup] }
  }
}

/** Datagrams go in turns over all routes that are about as good as the first and share no forwarder with it or each other. */
export class StripingSelector implements PathSelector {
  readonly #inner: SteadySelector

  constructor (inner: SteadySelector) {
    this.#inner = inner
  }

  decide (routes: readonly RouteState[], nowMs: number): Decision {
    const decision = this.#inner.decide(routes, nowMs)
    const { route } = decision
    if (route === undefined) {
      return decision
    }
    const limitMs = Math.max((MOST_SLOWER_SHARE - 1) * route.rttMs, MOST_SLOWER_MS)
    const also: RouteState[] = []
    for (const other of routes.toSorted((a, b) => a.rttMs - b.rttMs)) {
      const isFit = this.#inner.isSound(other, routes, nowMs) && this.#inner.extraMs(other, route) <= limitMs
      if (isFit && other.id !== route.id && also.length < MOST_STRIPES - 1 && [route, ...also].every((used) => areDisjoint(used, other))) {
        also.push(other)
      }
    }
    return { ...decision, also }
  }
}
