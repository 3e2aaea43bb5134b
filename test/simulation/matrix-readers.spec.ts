import assert from 'node:assert/strict'
import { readSources, sourceFile } from '../helpers/source-tree.ts'
import type { SourceFile } from '../helpers/source-tree.ts'

const MATRIX = 'src/simulation/latency-matrix.ts'

/** Whoever else knew the matrix could pass off knowledge as measurement. */
const MAY_READ = /^src\/simulation\/|^src\/cli\/demo/

function strangers (files: SourceFile[]): string[] {
  return files.filter(file => file.imports.includes(MATRIX) && !MAY_READ.test(file.path)).map(file => file.path)
}

function handsOn (files: SourceFile[]): string[] {
  return files.filter(({ text }) => /export\b[^;\n]*\bfrom\s+'[^']*latency-matrix\.ts'/.test(text)).map(file => file.path)
}

describe('readers of the latency matrix', () => {
  const sources = readSources(['src', 'protocols', 'bootstrap', 'scripts'])

  it('are the simulation and the demo', () => {
    assert.ok(sources.some(file => file.imports.includes(MATRIX)))
    assert.deepEqual(strangers(sources), [])
  })

  it('never hand it on by exporting it again', () => {
    assert.deepEqual(handsOn(sources), [])
  })

  it('leave out the transport, which is told one number per address', () => {
    for (const path of ['delay-line', 'delayed-connection', 'delayed-transport']) {
      const file = sources.find(source => source.path === `src/simulation/${path}.ts`)
      assert.ok(file != null && !file.imports.includes(MATRIX), path)
    }
  })

  for (const { name, text } of [
    { name: 'an import', text: "import { loadMatrix } from '../simulation/latency-matrix.ts'" },
    { name: 'an import of a type', text: "import type { LatencyMatrix } from '../simulation/latency-matrix.ts'" },
    { name: 'a dynamic import', text: "const m = await import('../simulation/latency-matrix.ts')" },
    { name: 'an export', text: "export { loadMatrix } from '../simulation/latency-matrix.ts'" }
  ]) {
    it(`are found out by ${name}`, () => {
      assert.deepEqual(strangers([sourceFile('src/rsp/map.ts', text)]), ['src/rsp/map.ts'])
    })
  }
})
