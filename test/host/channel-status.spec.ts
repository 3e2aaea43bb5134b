import assert from 'node:assert/strict'
import { ChannelStatus } from '../../src/host/channel-status.ts'
import { Route } from '../../src/host/route.ts'
import { SteadySelector } from '../../src/host/steady-selector.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { ChannelStatusInit } from '../../src/host/channel-status.ts'
import type { OfferedPath, ProviderAnswer } from '../../src/host/provider-set.ts'
import type { PathSelector } from '../../src/host/path-selector.ts'

const WAY = { header: new Uint8Array(20), neighbour: new Uint8Array(16) }
const [REMOTE, RSP, FORWARDER] = await Promise.all([1, 2, 3].map(peerOf))
const PATH = { rsp: RSP, forwarders: [FORWARDER], prediction: { rttUs: 30_000, confidence: 0.8 } } as unknown as OfferedPath

/** `rttMs` undefined: not measured. */
function route (rttMs: number | undefined, path?: OfferedPath): Route {
  const made = new Route({ id: path === undefined ? 'default' : 'f', way: WAY, path, label: path === undefined ? 'default' : 'f' })
  for (let echo = 1; rttMs !== undefined && echo <= 8; echo++) {
    made.watch.sent(echo, 1_000 * echo)
    made.echoReceived(echo, 1_000 * echo + rttMs)
  }
  return made
}

function answer (paths: OfferedPath[], isLate?: boolean): ProviderAnswer {
  return { rsp: RSP, mapKind: 'reports', paths, elapsedMs: 1, isLate }
}

function statusOf (routes: Route[], init: Partial<ChannelStatusInit> = {}, selector: PathSelector = new SteadySelector(), nowMs = 10_000): ChannelStatus {
  return new ChannelStatus({ remote: REMOTE, routes, decision: selector.decide(routes, nowMs), answers: [], hasAsked: true, ...init })
}

const kept = (): ChannelStatus => {
  const selector = new SteadySelector()
  const fallback = route(80)
  const path = route(40, PATH)
  selector.decide([fallback, path], 10_000)
  path.died(10_001)
  selector.decide([fallback, path], 10_002)
  path.watch.sent(9, 10_010)
  path.echoReceived(9, 10_050)
  return statusOf([fallback, path], { answers: [answer([PATH])] }, selector, 10_060)
}

const CASES: Array<{ title: string, status: () => ChannelStatus, kind: string, text: RegExp }> = [
  { title: 'says `via …`, the RSP and the difference over a path', status: () => statusOf([route(80), route(42, PATH)], { answers: [answer([PATH])] }), kind: 'path', text: /^via f \(RSP \w{6}, −38\.0 ms\)$/ },
  { title: 'says `direct` where paths were measured and none is better', status: () => statusOf([route(40), route(80, PATH)], { answers: [answer([PATH])] }), kind: 'direct', text: /^direct$/ },
  { title: 'says `direct` where RSPs have no path to offer', status: () => statusOf([route(40)], { answers: [answer([])] }), kind: 'direct', text: /^direct$/ },
  { title: 'says `direct` where there is no RSP to ask', status: () => statusOf([route(40)]), kind: 'direct', text: /^direct$/ },
  { title: 'says `default` and why before RSPs have answered', status: () => statusOf([route(40)], { hasAsked: false }), kind: 'default', text: /^default \(no path has been measured yet\)$/ },
  { title: 'says `default` and why while an RSP was not waited for', status: () => statusOf([route(40)], { answers: [answer([], true)] }), kind: 'default', text: /^default \(no path/ },
  { title: 'says `default` and why while the offered path is not measured', status: () => statusOf([route(40), route(undefined, PATH)], { answers: [answer([PATH])] }), kind: 'default', text: /^default \(no path has been measured yet\)$/ },
  { title: 'says `default` and why where what is offered cannot be used', status: () => statusOf([route(40)], { answers: [answer([PATH])] }), kind: 'default', text: /^default \(no path/ },
  { title: 'says `default` and why while a path that failed is kept out', status: kept, kind: 'default', text: /^default \(paths that failed or fell behind are kept out for a while\)$/ },
  { title: 'says `no route` and why where nothing answers', status: () => statusOf([]), kind: 'none', text: /^no route \(neither the default route nor any path answers\)$/ }
]

describe('the status of a channel', () => {
  for (const { title, status, kind, text } of CASES) {
    it(title, () => {
      const said = status()
      assert.equal(said.kind, kind, said.text)
      assert.match(said.text, text)
    })
  }

  it('says in its reason that nobody offers a path, where that is why it is direct', () => {
    assert.equal(statusOf([route(40)]).reason, 'nobody offers a path')
    assert.match(statusOf([route(40), route(80, PATH)]).reason, /no path is faster/)
  })
})
