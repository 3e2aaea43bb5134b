import assert from 'node:assert/strict'
import { ALLOWED_EDGES, barrels, cycles, forbiddenEdges, impurities, longFiles, nodeModules, unknownFolders, vagueNames } from './helpers/dependency-rule.ts'
import { readSources, sourceFile } from './helpers/source-tree.ts'
import type { SourceFile } from './helpers/source-tree.ts'

type Check = (files: SourceFile[]) => string[]

const CHECKS: Array<{ title: string, check: Check, caught: Array<Record<string, string>>, allowed: Array<Record<string, string>> }> = [{
  title: 'imports go down the layers only, roles never meet, and only demo, evaluate and testing simulate',
  check: forbiddenEdges,
  caught: [
    { 'src/host/a.ts': "import type { B } from '../rsp/b.ts'" },
    { 'src/link/a.ts': "import '../node/b.ts'" },
    { 'src/topology/a.ts': "export { b } from '../path-finding/b.ts'" },
    { 'protocols/route/a.ts': "import { b } from '../../src/topology/b.ts'" },
    { 'src/rsp/a.ts': "const b = await import('../simulation/oracle.ts')" },
    { 'src/cli/run.ts': "import { b } from '../simulation/oracle.ts'" },
    { 'src/cli/run.ts': "import { b } from '../testing/testnet.ts'" },
    { 'src/simulation/a.ts': "import { b } from '../testing/testnet.ts'" },
    { 'src/testing/a.ts': "import { b } from '../cli/demo/b.ts'" },
    { 'src/node/a.ts': "import { b } from '../index.ts'" },
    { 'src/node/a.ts': "import { b } from '../index.browser.ts'" },
    { 'src/index.browser.ts': "export * from './index.ts'" },
    { 'src/node/a.ts': "import { b } from '../../test/helpers/b.ts'" },
    { 'src/node/a.ts': "import { b } from '../../bootstrap/b.ts'" }
  ],
  allowed: [
    { 'src/cli/demo.ts': "import { b } from '../simulation/oracle.ts'\nimport { c } from '../node/c.ts'" },
    { 'src/topology/a.ts': "import { b } from '../errors.ts'\nimport { c } from './c.ts'" },
    { 'src/host/a.ts': "import { b } from '../../protocols/route/b.ts'" },
    { 'src/index.ts': "export * from './index.browser.ts'" },
    { 'src/testing.ts': "export { b } from './simulation/b.ts'\nexport { c } from './testing/c.ts'" },
    { 'src/testing/a.ts': "import { b } from '../simulation/b.ts'\nimport { c } from '../host/c.ts'" },
    { 'src/cli/demo/a.ts': "import { b } from '../../testing/b.ts'" }
  ]
}, {
  title: 'every folder has a place in the table',
  check: unknownFolders,
  caught: [{ 'src/misc/a.ts': '' }],
  allowed: [{ 'src/rsp/a.ts': '', 'src/errors.ts': '', 'protocols/a.ts': '', 'bootstrap/a.ts': '' }]
}, {
  title: 'pure folders reach neither libp2p nor protocols nor Node',
  check: impurities,
  caught: [
    { 'src/topology/a.ts': "import type { PeerId } from '@libp2p/interface'" },
    { 'src/query/a.ts': "import { b } from '../errors.ts'", 'src/errors.ts': "import { c } from '../protocols/errors.ts'" },
    { 'src/measurement/mean.ts': "import { now } from 'node:perf_hooks'" }
  ],
  allowed: [{ 'src/path-finding/a.ts': "import { b } from '../topology/b.ts'", 'src/topology/b.ts': '' }]
}, {
  title: 'no file imports itself over others',
  check: cycles,
  caught: [
    { 'src/rsp/a.ts': "import './b.ts'", 'src/rsp/b.ts': "import './c.ts'", 'src/rsp/c.ts': "import './a.ts'" },
    { 'src/rsp/a.ts': "import './b.ts'", 'src/rsp/b.ts': "import type { A } from './a.ts'" }
  ],
  allowed: [{ 'src/rsp/a.ts': "import './b.ts'\nimport './c.ts'", 'src/rsp/b.ts': "import './c.ts'", 'src/rsp/c.ts': '' }]
}, {
  title: 'no file or folder is named utils, helpers, types or manager',
  check: vagueNames,
  caught: [{ 'src/rsp/utils.ts': '' }, { 'src/helpers/a.ts': '' }, { 'src/rsp/types.ts': '' }, { 'src/rsp/link-manager.ts': '' }],
  allowed: [{ 'src/rsp/prototypes.ts': '', 'src/rsp/link-types.ts': '' }]
}, {
  title: 'src/index.ts, and its part for pages, are the only barrels',
  check: barrels,
  caught: [{ 'src/rsp/index.ts': '' }, { 'src/rsp/a.ts': "export * from './b.ts'" }],
  allowed: [{ 'src/index.ts': "export * from './errors.ts'", 'src/index.browser.ts': "export * from './errors.ts'" }]
}, {
  title: 'no file but a generated one is longer than 400 lines',
  check: longFiles,
  caught: [{ 'src/rsp/a.ts': '\n'.repeat(400) + 'end' }],
  allowed: [{ 'src/rsp/a.ts': '\n'.repeat(399) + 'end\n', 'protocols/a/a.pb.ts': '\n'.repeat(900) + 'end' }]
}, {
  title: 'only the command line, the node, the simulation, bootstrap, stores and the thread of the plan use modules of Node',
  check: nodeModules,
  caught: [
    { 'src/host/a.ts': "import { b } from 'node:fs'" },
    { 'protocols/a.ts': "import { b } from 'crypto'" },
    { 'src/node/libp2p.browser.ts': "import { b } from 'node:net'" },
    { 'src/rsp/map.ts': "import { b } from 'node:sqlite'" }
  ],
  allowed: [{ 'src/node/libp2p.ts': "import 'node:net'", 'src/rsp/map-store.ts': "import 'node:sqlite'", 'bootstrap/a.ts': "import 'node:fs'" }]
}]

function filesOf (contents: Record<string, string>): SourceFile[] {
  return Object.entries(contents).map(([path, text]) => sourceFile(path, text))
}

describe('architecture', () => {
  const sources = readSources(['src', 'protocols', 'bootstrap'])

  it('reads the sources it judges', () => {
    assert.ok(sources.length > 50)
    assert.ok(sources.some(file => file.imports.includes('@libp2p/interface')))
  })

  it('has a table without circles', () => {
    const table = Object.entries(ALLOWED_EDGES).map(([path, imports]) => ({ path, imports: [...imports], text: '' }))
    assert.deepEqual(cycles(table), [])
  })

  for (const { title, check, caught, allowed } of CHECKS) {
    describe(title, () => {
      it('holds', () => { assert.deepEqual(check(sources), []) })

      it('is seen when broken', () => {
        for (const contents of caught) assert.equal(check(filesOf(contents)).length, 1, JSON.stringify(contents))
      })

      it('allows what it should', () => {
        for (const contents of allowed) assert.deepEqual(check(filesOf(contents)), [])
      })
    })
  }
})
