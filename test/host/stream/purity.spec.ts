import assert from 'node:assert/strict'
import { readSources } from '../../helpers/source-tree.ts'

/** The driver, what applications see of it, and how it names paths. */
const IMPURE = ['channel-streams.ts', 'channel-stream.ts', 'way-name.ts']

describe('the core of reliable streams', () => {
  it('knows no network: it imports its own files, the protocol, and nothing that imports libp2p', () => {
    const files = readSources(['src/host/stream']).filter(({ path }) => !IMPURE.some((name) => path.endsWith(name)))
    assert.ok(files.length > 15)
    const foreign = files.flatMap(({ path, imports }) => imports.filter((imported) => !/^(src\/host\/stream|protocols\/stream)\/|^uint8arrays\//.test(imported)).map((imported) => `${path} imports ${imported}`))
    assert.deepEqual(foreign, [])
  })

  it('asks nobody for the time or for randomness, and starts no timer', () => {
    const asking = readSources(['src/host/stream']).filter(({ text }) => /Date\.now|performance\.now|Math\.random|setTimeout|setInterval/.test(text))
    assert.deepEqual(asking.map(({ path }) => path), [])
  })
})
