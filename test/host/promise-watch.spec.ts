import assert from 'node:assert/strict'
import { PromiseWatch } from '../../src/host/promise-watch.ts'
import { ScoreBoard } from '../../src/host/score-board.ts'
import { routeIdOf } from '../../src/host/provider-set.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'
import type { JudgedRoute } from '../../src/host/promise-judge.ts'
import type { OfferedPath, ProviderAnswer } from '../../src/host/provider-set.ts'
import type { PeerId } from '@libp2p/interface'

const [RSP, RIVAL, ENTRY, MIDDLE, EXIT] = await Promise.all([1, 2, 10, 11, 12].map(peerOf))

function offer (forwarders: PeerId[], rttMs: number): OfferedPath {
  return { rsp: RSP, forwarders, prediction: { rttUs: 1_000 * rttMs, rttMarginUs: 2_000, lossPpm: 0, confidence: 0.8, dataAgeMs: 0 } } as unknown as OfferedPath
}

function answer (rsp: PeerId, ...paths: OfferedPath[]): ProviderAnswer {
  return { rsp, mapKind: 'reports', paths, elapsedMs: 1 }
}

function route (path: OfferedPath, quietRttMs: number, samples = 6): JudgedRoute {
  return { id: routeIdOf(path), isDefault: false, alive: true, loss: 0, samples, quietRttMs }
}

class Watched {
  legMs = 10
  readonly scores = new ScoreBoard({ now: () => NOW_MS, log: SILENT })
  readonly watch = new PromiseWatch({ scores: this.scores, access: () => this.access, peerAccess: () => [{ forwarder: EXIT, rttUs: 5_000 }] })

  get access (): Array<{ forwarder: PeerId, rttUs: number }> {
    return [{ forwarder: ENTRY, rttUs: 1_000 * this.legMs }]
  }

  of (rsp: PeerId): { broken: number, promises: number, rttBias: number | null } {
    const { broken, promises, rttBias } = this.scores.of(rsp).status(NOW_MS)
    return { broken, promises, rttBias }
  }
}

describe('a channel\'s watch over promises', () => {
  it('scores all that offered a path by what the channel measures on it', () => {
    const { watch, scores } = new Watched()
    const answers = [answer(RSP, offer([ENTRY, EXIT], 40)), answer(RIVAL, offer([ENTRY, EXIT], 20), offer([ENTRY, MIDDLE, EXIT], 20))]
    watch.note(answers, answers.slice(0, 1), [], 0)
    watch.check([route(answers[0].paths[0], 41)], 1_000)
    assert.deepEqual([RSP, RIVAL].map((rsp) => scores.of(rsp).status(NOW_MS)).map(({ promises, broken }) => [promises, broken]), [[1, 0], [1, 1]])
  })

  it('knows when the way to the entry has become longer since the RSP was told of it', () => {
    const watched = new Watched()
    const path = offer([ENTRY, EXIT], 40)
    watched.watch.note([answer(RSP, path)], [answer(RSP, path)], [], 0)
    watched.legMs = 60
    watched.watch.check([route(path, 91)], 1_000)
    assert.equal(watched.of(RSP).broken, 0)
  })

  it('lets later rounds of the same channel count less than the first', () => {
    const watched = new Watched()
    const cases = (): number => watched.scores.of(RSP).rttError(NOW_MS).cases
    for (let round = 0; round < 3; round++) {
      const path = offer([ENTRY, EXIT], 40)
      watched.watch.note([answer(RSP, path)], [answer(RSP, path)], [route(path, 41, 6 * round)], 30_000 * round)
      watched.watch.check([route(path, 41, 6 * round + 6)], 30_000 * round + 1_000)
    }
    assert.ok(cases() > 2 && cases() < 2.5, String(cases()))
    assert.equal(watched.of(RSP).promises, 3)
  })

  it('holds a refusal of the forwarders against the RSP whose path it was, once', () => {
    const watched = new Watched()
    const path = offer([ENTRY, EXIT], 40)
    const answers = [answer(RSP, path), answer(RIVAL, path)]
    watched.watch.note(answers, answers, [], 0)
    watched.watch.refused(path)
    watched.watch.refused(path)
    watched.watch.check([], 10_000)
    assert.deepEqual([RSP, RIVAL].map((rsp) => watched.of(rsp)), [{ broken: 1, promises: 1, rttBias: null }, { broken: 0, promises: 0, rttBias: null }])
  })
})
