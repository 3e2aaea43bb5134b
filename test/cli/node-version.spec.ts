import assert from 'node:assert/strict'
import { complaintAboutNode } from '../../src/cli/node-version.ts'
import { readSources } from '../helpers/source-tree.ts'

describe('check of the Node version', () => {
  for (const version of ['v22.13.0', 'v22.20.1', 'v24.0.0', 'v26.10.0']) {
    it(`lets ${version} pass`, () => { assert.equal(complaintAboutNode(version), undefined) })
  }

  for (const version of ['v18.20.8', 'v20.19.0', 'v22.12.0']) {
    it(`tells users of ${version} what to do`, () => {
      assert.match(complaintAboutNode(version) ?? '', new RegExp(`needs Node\\.js 22\\.13 or later, and this is ${version}\\. Install a newer one`))
    })
  }

  it('comes before anything is loaded that an older Node might not load', () => {
    const sources = readSources(['src/cli'])
    const main = sources.find(({ path }) => path === 'src/cli/main.ts')
    const check = sources.find(({ path }) => path === 'src/cli/node-version.ts')
    assert.deepEqual(main?.text.match(/^import .*/gm), ["import { complaintAboutNode } from './node-version.ts'"])
    assert.deepEqual(check?.imports, [])
  })
})
