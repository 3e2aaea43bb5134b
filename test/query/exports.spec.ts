// `byway/query` as an editor or a dashboard uses it.
import assert from 'node:assert/strict'
import { completionsAt, parseQuery, parseQueryJson, printQuery, queryToJson, QuerySyntaxError } from '../../src/query.ts'

const TEXT = 'minimize delay where hops <= 3 avoid country xx'

describe('byway/query', () => {
  it('brings a text to JSON and back to the one text that it prints as', () => {
    assert.equal(printQuery(parseQueryJson(queryToJson(parseQuery(TEXT)))), printQuery(parseQuery(TEXT)))
  })

  it('completes what is being written, and says where a text is wrong', () => {
    assert.deepEqual(completionsAt('minimize de', 11).map(({ text }) => text), ['delay'])
    assert.throws(() => parseQuery('minimize'), QuerySyntaxError)
  })
})
