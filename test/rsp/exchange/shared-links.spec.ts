import assert from 'node:assert/strict'
import { RivalWords } from '../../../src/rsp/exchange/rival-words.ts'
import { drawAudits } from '../../../src/rsp/exchange/audits.ts'
import { givenLinks } from '../../../src/rsp/exchange/shared-links.ts'
import { makeCredible, NOW_MS, own, said } from './words.ts'
import { seededRandom } from '../../measurement/seeded-noise.ts'

const LINKS = 400
const no = (): boolean => false
const yes = (): boolean => true

function speak (words: RivalWords, rival: string, count = LINKS, measuredAtMs = NOW_MS): RivalWords {
  words.addRival(rival)
  for (let link = 0; link < count; link++) {
    words.take(rival, `a${link}`, 'b', said(10_000), { measuredAtMs, isBlind: true })
  }
  return words
}

function given (words: RivalWords, self: string, isOwn = no, isKnown = no): string[] {
  return [...givenLinks({ words, self, sinceMs: NOW_MS - 45_000, isOwn, isKnown })].map(({ a }) => a)
}

describe('links that others measure for us', () => {
  it('are those that a credible rival has measured lately, and none of a newcomer', () => {
    const words = new RivalWords()
    assert.equal(given(speak(words, 'r'), 's').length, 0)
    makeCredible(words, 'r')
    assert.equal(given(words, 's').length, LINKS)
    assert.equal(given(words, 's', no, yes).length, 0)
    assert.equal(given(speak(words, 'r', LINKS, NOW_MS + 60_000), 's').length, LINKS)
    assert.equal([...givenLinks({ words, self: 's', sinceMs: NOW_MS + 61_000, isOwn: no, isKnown: no })].length, 0)
  })

  it('are shared out where both measure them: each link stays with exactly one, and both keep about half', () => {
    const [ofR, ofS] = [new RivalWords(), new RivalWords()]
    makeCredible(ofR, 's')
    makeCredible(ofS, 'r')
    const [leftByR, leftByS] = [new Set(given(speak(ofR, 's'), 'r', yes)), new Set(given(speak(ofS, 'r'), 's', yes))]
    assert.equal(leftByR.size + leftByS.size, LINKS)
    assert.ok([...leftByR].every((link) => !leftByS.has(link)))
    assert.ok(Math.abs(leftByR.size - LINKS / 2) < LINKS / 8, `${leftByR.size}`)
  })
})

describe('audits', () => {
  const audits = (words: RivalWords, isOwn = no): Array<readonly [string, string]> => drawAudits({ words, random: seededRandom(3) }, NOW_MS - 45_000, isOwn)

  it('draw different links of a newcomer, enough to make it credible in one round', () => {
    const words = speak(new RivalWords(), 'r')
    const drawn = audits(words)
    assert.equal(new Set(drawn.map(String)).size, 16)
    for (const [a, b] of drawn) {
      words.judge(a, b, own(10_000))
    }
    assert.equal(words.rival('r')?.trust.isCredible, true)
  })

  it('keep a credible rival under watch, with links that were not compared lately', () => {
    const words = speak(new RivalWords(), 'r')
    for (const [a, b] of audits(words)) {
      words.judge(a, b, own(10_000))
    }
    const again = audits(words)
    assert.equal(again.length, 6)
    assert.ok(again.every(([a, b]) => words.wordsOf(a, b)[0].judgedAtMs < NOW_MS))
  })

  it('find out a rival that begins to lie', () => {
    const words = new RivalWords()
    makeCredible(words, 'r', 1_000)
    speak(words, 'r')
    for (let round = 0; round < 4; round++) {
      for (const [a, b] of audits(words)) {
        words.judge(a, b, own(20_000))
      }
    }
    assert.equal(words.rival('r')?.trust.isCredible, false)
  })

  it('deal with the rivals in turn, so that newcomers who spoke first starve neither another nor the watch over a credible one', () => {
    const words = new RivalWords()
    const rivals = ['sybil1', 'sybil2', 'honest', 'credible']
    makeCredible(words, 'credible')
    for (const rival of rivals) {
      words.addRival(rival)
      for (let link = 0; link < 100; link++) {
        words.take(rival, `${rival} ${link}`, 'z', said(10_000), { measuredAtMs: NOW_MS, isBlind: true })
      }
    }
    const random = seededRandom(5)
    const firsts = new Set<string>()
    for (let round = 0; round < 20; round++) {
      const speakers = drawAudits({ words, random }, NOW_MS - 45_000, no).slice(0, 24).map(([a]) => a.split(' ')[0])
      for (const rival of rivals) {
        assert.equal(speakers.filter((speaker) => speaker === rival).length, 6)
      }
      firsts.add(speakers[0])
    }
    assert.equal(firsts.size, rivals.length, 'the budget may be less than one for each')
  })

  it('take none of the links that we measure anyway', () => {
    assert.deepEqual(audits(speak(new RivalWords(), 'r'), yes), [])
  })
})
