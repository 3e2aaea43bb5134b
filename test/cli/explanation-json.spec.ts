import assert from 'node:assert/strict'
import { peerOf } from '../helpers/descriptors.ts'
import { readExplanation } from '../../src/cli/explanation-json.ts'

const [A, B, C] = (await Promise.all([1, 2, 3].map(peerOf))).map(String)
const QUERY = 'minimize delay avoid country xx'

const pathOver = (...forwarders: string[]): object =>
  ({ forwarders, parts: [], rttUs: 1, accessRttUs: 1, lossPpm: 0, jitterUs: 0, links: [], broken: [] })
const explanation = (paths: object[], query = QUERY): string => JSON.stringify({ query, paths, clauses: [], unsupported: [], isConnected: true })
const read = (json: string): string[][] | undefined => readExplanation(json, { query: QUERY, paths: [[A, B], [C]] })?.paths.map(({ forwarders }) => forwarders)

describe('an explanation of an RSP', () => {
  it('is read where it is of the query that was asked', () => {
    assert.deepEqual(read(explanation([pathOver(A, B), pathOver(C)])), [[A, B], [C]])
  })

  it('may name forwarders by the ends of their ids', () => {
    const short = [A, B].map((id) => id.slice(-6))
    assert.deepEqual(read(explanation([pathOver(...short)])), [short])
  })

  it('regression: is nothing where it is of another query', () => {
    assert.equal(read(explanation([pathOver(A, B)], 'minimize delay')), undefined)
  })

  it('regression: says nothing of paths that were not offered', () => {
    assert.deepEqual(read(explanation([pathOver(B, A), pathOver(A), pathOver(), pathOver(''), pathOver(C), pathOver(A, C)])), [[C]])
  })

  it('is nothing where it is of another form', () => {
    for (const json of ['', 'null', '[]', explanation([{}]), explanation(Array.from({ length: 9 }, () => pathOver(C)))]) {
      assert.equal(read(json), undefined)
    }
  })

  it('steers no terminal', () => {
    const json = explanation([pathOver(C)]).replace('"unsupported":[]', '"unsupported":[{"clause":"\\u001b[2Jx","isMandatory":false}]')
    assert.deepEqual(readExplanation(json, { query: QUERY, paths: [[C]] })?.unsupported.map(({ clause }) => clause.includes('\u001b')), [false])
  })
})
