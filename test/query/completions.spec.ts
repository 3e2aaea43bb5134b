import assert from 'node:assert/strict'
import { completionsAt } from '../../src/query/completions.ts'
import { KEYWORD_SUMMARIES } from '../../src/query/keywords.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { randomTexts } from './random-text.ts'

const known = { countries: ['de', 'dk', 'fr'], regions: ['eu'], operators: ['acme', 'two words'], tags: ['eu', 'green'], forwarders: ['12D3KooW'] }

/** The caret is where the bar is. */
function completions (text: string): string[] {
  const offset = text.indexOf('|')
  return completionsAt(text.replace('|', ''), offset, known).map((each) => each.text)
}

const CLAUSES = ['alternatives', 'avoid', 'confidence', 'disjoint', 'only', 'prefer', 'via', 'where', 'with']

const CASES: Array<[title: string, text: string, texts: string[]]> = [
  ['what a query begins with', '|', [...CLAUSES.slice(0, 4), 'maximize', 'minimize', ...CLAUSES.slice(4)]],
  ['the keyword that is begun, in any case', 'MI|', ['minimize']],
  ['metrics that begin with what is written', 'minimize delay + j|', ['jitter']],
  ['signs and clauses after a metric', 'minimize delay |', ['*', '+', ...CLAUSES]],
  ['comparisons after a limited metric', 'where rate |', ['<=', '>=']],
  ['units of the metric that is limited', 'where rate >= 5 G|', ['Gbps', 'GB/s']],
  ['units also where they follow the number at once', 'where delay <= 50m|', ['min', 'ms']],
  ['selectors', 'avoid t|', ['tag']],
  ['countries that are known', 'avoid country d|', ['de', 'dk']],
  ['tags that are known', 'via tag |', ['eu', 'green']],
  ['quoted what needs quotes', 'avoid operator tw|', ['"two words"']],
  ['a text in quotes that is begun', 'avoid operator "tw|', ['"two words"']],
  ['what is in the middle of a text, whatever follows', 'minimize de| where hops <= 4', ['delay']],
  ['nothing after what is no query', 'minimize - d|', []],
  ['nothing where a number is wanted', 'where rate >= |', []]
]

describe('completions', () => {
  for (const [title, text, texts] of CASES) {
    it(`gives ${title}`, () => { assert.deepEqual(completions(text), texts) })
  }

  it('says what each one is, and which text it takes the place of', () => {
    assert.deepEqual(completionsAt('minimize lo', 11).map(({ text, kind, from }) => [text, kind, from]), [['loss', 'metric', 9], ['load', 'metric', 9]])
    for (const { kind, summary, text } of [...completionsAt('', 0), ...completionsAt('avoid ', 6)]) assert.ok(kind === 'sign' || summary !== '', text)
    assert.ok(Object.keys(KEYWORD_SUMMARIES).length > 20)
  })

  it('gives only what makes a query that can be gone on with: put in its place, the text is read up to there', () => {
    const { mutated } = randomTexts(99)
    let tried = 0
    for (let round = 0; round < 3_000; round++) {
      const text = mutated().slice(0, round % 170)
      for (const { text: completion, from } of completionsAt(text, text.length, known)) {
        tried++
        const completed = `${text.slice(0, from)}${completion} `
        try {
          parseQuery(completed)
        } catch (error) {
          const { name, place } = error as { name: string, place: { offset: number } }
          if (name === 'QuerySyntaxError') assert.equal(place.offset, completed.length, `${JSON.stringify(completed)}: ${String(error)}`)
        }
      }
    }
    assert.ok(tried > 500, `${tried} completions`)
  })
})
