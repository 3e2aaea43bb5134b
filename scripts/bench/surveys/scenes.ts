// The two scenes of bench:surveys: many links in virtual time, for figures that do not depend on the machine, and a few over real nodes, beside what the
// forwarders report of the same links.
import { RealScene } from './real-scene.ts'
import { VirtualScene, peers } from './virtual-scene.ts'
import { beliefOf, figuresOf, roundTripLossPercent } from './report.ts'
import { randomFrom } from '../routes/random.ts'
import type { EmulatedLink } from './virtual-scene.ts'
import type { RealLink } from './real-scene.ts'
import type { SurveyFigures, SurveyedRow } from './report.ts'

export interface SceneOutcome {
  rows: SurveyedRow[]
  figures: SurveyFigures
}

const FORWARDERS = 10
/** What the RSP's lines carry, but for one slow one, and one that loses packets. */
const ACCESS_BYTES_PER_SECOND = 25_000_000
const SLOW_ACCESS_BYTES_PER_SECOND = 1_000_000
const ACCESS_LOSS = 0.05
/** Links: from 300 KB/s to 12 MB/s, evenly on a logarithmic scale. */
const LEAST_BYTES_PER_SECOND = 300_000
const RATE_RANGE = 40
const LOSSY_SHARE = 0.6
const BUSY_SHARE = 0.5

export async function virtualOutcome (minutes: number, seed: number): Promise<SceneOutcome> {
  const random = randomFrom(seed)
  const access = Array.from({ length: FORWARDERS }, (_, i) => ({
    rttMs: 10 + 60 * random(),
    bytesPerSecond: i === 0 ? SLOW_ACCESS_BYTES_PER_SECOND : ACCESS_BYTES_PER_SECOND,
    loss: i === 1 ? ACCESS_LOSS : 0
  }))
  const links: EmulatedLink[] = access.flatMap((_, a) => access.slice(a + 1).map((__, i) => {
    const bytesPerSecond = LEAST_BYTES_PER_SECOND * RATE_RANGE ** random()
    return {
      a,
      b: a + 1 + i,
      rttMs: 10 + 100 * random(),
      bytesPerSecond,
      loss: random() < LOSSY_SHARE ? 0.005 + 0.08 * random() : 0,
      crossBytesPerSecond: random() < BUSY_SHARE ? bytesPerSecond * (0.1 + 0.4 * random()) : undefined
    }
  }))
  const scene = new VirtualScene(await peers(FORWARDERS + 1), { access, links, random })
  scene.run(minutes * 60_000)
  const rows = links.map(({ a, b, loss = 0, bytesPerSecond = 0, crossBytesPerSecond = 0 }) => ({
    link: `${a}–${b}`,
    truth: { lossPercent: roundTripLossPercent(loss), megabytesPerSecond: (bytesPerSecond - crossBytesPerSecond) / 1e6 },
    survey: beliefOf(scene.estimate(a, b))
  }))
  const figures = figuresOf(rows, scene.surveyor.status)
  scene.surveyor.stop()
  return { rows, figures }
}

const REAL_LINKS: RealLink[] = [
  { a: 0, b: 1, rttMs: 20, bytesPerSecond: 1_000_000, loss: 0 },
  { a: 0, b: 2, rttMs: 35, bytesPerSecond: 2_000_000, loss: 0.04 },
  { a: 0, b: 3, rttMs: 50, bytesPerSecond: 400_000, loss: 0 },
  { a: 1, b: 2, rttMs: 60, bytesPerSecond: 3_000_000, loss: 0 },
  { a: 1, b: 3, rttMs: 15, bytesPerSecond: 700_000, loss: 0.02 },
  { a: 2, b: 3, rttMs: 40, bytesPerSecond: 1_500_000, loss: 0.07 }
]
const FILL_MS = 4_000
/** Until a report with the rates has come. */
const REPORT_MS = 1_500

export async function realOutcome (seconds: number, seed: number): Promise<SceneOutcome> {
  await using scene = await RealScene.start({ forwarders: 4, links: REAL_LINKS, accessRttMs: 16, surveyBurstBytesPerSecond: 300_000, random: randomFrom(seed) })
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const surveyed = REAL_LINKS.map((link) => beliefOf(scene.estimate('surveys', link)))
  const status = scene.status.survey
  if (status === undefined) {
    throw new Error('the RSP that surveys says nothing of it')
  }
  const rows: SurveyedRow[] = []
  for (const [i, link] of REAL_LINKS.entries()) {
    // of loss the reports tell without traffic, and what fills a queue drops of it what it must
    const quiet = beliefOf(scene.estimate('reports', link))
    await scene.fill(link, FILL_MS)
    await new Promise((resolve) => setTimeout(resolve, REPORT_MS))
    const filled = beliefOf(scene.estimate('reports', link))
    rows.push({
      link: `${link.a}–${link.b}`,
      truth: { lossPercent: roundTripLossPercent(link.loss), megabytesPerSecond: link.bytesPerSecond / 1e6 },
      survey: surveyed[i],
      report: quiet === null || filled === null ? quiet : { ...filled, lossPercent: quiet.lossPercent }
    })
  }
  return { rows, figures: figuresOf(rows, status) }
}
