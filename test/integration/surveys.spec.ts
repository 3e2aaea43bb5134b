// Surveys of real nodes over loopback: links with a rate, one of which loses packets, beside what the forwarders report of them.
import assert from 'node:assert/strict'
import { RealScene } from '../../scripts/bench/surveys/real-scene.ts'
import { randomFrom } from '../../scripts/bench/routes/random.ts'
import { until } from '../helpers/testnet.ts'
import type { RealLink } from '../../scripts/bench/surveys/real-scene.ts'

const LOSSY: RealLink = { a: 0, b: 1, rttMs: 30, bytesPerSecond: 500_000, loss: 0.08 }
const CLEAN: RealLink = { a: 0, b: 2, rttMs: 20, bytesPerSecond: 250_000, loss: 0 }
const LOSS_PPM = 1e6 * (1 - (1 - LOSSY.loss) ** 2)
/** A machine that is busy with other things voids bursts; these are sent again. */
const DEADLINE_MS = 120_000

describe('surveys of real links', function () {
  this.timeout(4 * DEADLINE_MS)

  let scene: RealScene | undefined

  before(async () => {
    scene = await RealScene.start({ forwarders: 3, links: [LOSSY, CLEAN], accessRttMs: 10, surveyBurstBytesPerSecond: 300_000, random: randomFrom(1) })
  })

  after(async () => { await scene?.[Symbol.asyncDispose]() })

  it('find loss within three points of what is true, and none on a link without; and reports of the same links agree', async () => {
    await until(() => Math.abs((scene?.estimate('surveys', LOSSY)?.lossPpm ?? 0) - LOSS_PPM) < 30_000, 'the loss is on the map', DEADLINE_MS)
    await until(() => (scene?.estimate('surveys', CLEAN)?.lossPpm ?? 1e6) < 15_000, 'the other link is without', DEADLINE_MS)
    await until(() => (scene?.estimate('reports', LOSSY)?.lossPpm ?? 0) > LOSS_PPM / 4, 'the loss is reported', DEADLINE_MS)
  })

  it('find the bandwidth within 40 %, on links that never were full', async () => {
    for (const link of [LOSSY, CLEAN]) {
      await until(() => {
        const { forth } = scene?.estimate('surveys', link) ?? {}
        return forth?.rateIsFloor === false && Math.abs((forth.bytesPerSecond ?? 0) / link.bytesPerSecond - 1) < 0.4
      }, `the bandwidth of ${link.a}–${link.b} is on the map`, DEADLINE_MS)
    }
  })

  it('say what they cost', () => {
    const survey = scene?.status.survey
    assert.ok(survey !== undefined && survey.bursts > 0 && survey.rates >= 2 && survey.packetsPerSecond > 0)
    assert.ok(survey.bytesPerLinkMinute > 0 && survey.bytesPerSecond < 600_000)
  })
})
