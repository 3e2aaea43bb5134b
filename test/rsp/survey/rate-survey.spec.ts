import assert from 'node:assert/strict'
import { RateSurvey } from '../../../src/rsp/survey/rate-survey.ts'
import { SurveyedLink } from '../../../src/rsp/survey/surveyed-link.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { peerOf } from '../../helpers/descriptors.ts'
import type { ProbeResult } from '../../../src/measurement/prober.ts'
import type { RateSurveyInit } from '../../../src/rsp/survey/rate-survey.ts'

const [A, B] = (await Promise.all([1, 2].map(peerOf))).map((peer) => ({ key: peer.toString(), node: nodeIdOf(peer) }))
/** Each turn of the event loop of a process that has no time. */
const TURN_MS = 100

describe('survey of bandwidths', () => {
  it('regression: comes back soon to links for which there was no time, however often, and knows nothing of them', () => {
    let nowMs = 0
    const under: Array<(result: ProbeResult) => void> = []
    let once: Array<() => void> = []
    const steps = new Set<() => void>()
    const link = new SurveyedLink(A, B)
    link.rttUs = 20_000
    const cost = { bursts: 0, probe: (_: unknown, onResult: (result: ProbeResult) => void) => under.push(onResult) > 0 }
    const survey = new RateSurvey({
      links: new Map([['link', link]]),
      differences: { betterEnd: () => A.key },
      cost: cost as unknown as RateSurveyInit['cost'],
      timers: {
        now: () => nowMs,
        every: (_, run) => {
          steps.add(run)
          return () => { steps.delete(run) }
        },
        after: (_, run) => {
          once.push(run)
          return () => { once = once.filter((other) => other !== run) }
        }
      },
      onFound: () => { assert.fail('found something') }
    })
    const looks: number[] = []
    for (let before = 0; nowMs < 200_000; nowMs += TURN_MS, before = cost.bursts) {
      survey.tick()
      if (cost.bursts > before && (looks.length === 0 || nowMs - (looks.at(-1) ?? 0) > 15_000)) {
        looks.push(nowMs)
      }
      steps.forEach((run) => { run() })
      under.splice(0).forEach((onResult) => { onResult({ rttMs: 20 }) })
      once.splice(0).forEach((run) => { run() })
    }
    survey.stop()
    assert.ok(looks.length >= 8, looks.join())
    assert.equal(link.rate.found(nowMs), undefined)
  })
})
