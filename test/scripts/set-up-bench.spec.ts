// The set-up benchmark runs from end to end and says all that it promises; how fast things are is not judged here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../helpers/source-tree.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/set-up.ts')]
  : [join(projectRoot, 'dist/scripts/bench/set-up.js')]

describe('bench:setup', function () {
  this.timeout(250_000)

  it('prints each figure and its goal as JSON', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...SCRIPT, '--json', '--quick'], { cwd: projectRoot, timeout: 240_000 })
    const figures = JSON.parse(stdout)
    const { installsPerCpuSecond: { verified, cached }, setupPathRtts: { onePass, hopByHop }, circuitRelay: { connectPathRtts }, bytesPerLabel, forwardRate100kOver10 } = figures
    for (const figure of [verified, cached, onePass, hopByHop, connectPathRtts, bytesPerLabel, forwardRate100kOver10]) {
      assert.ok(figure > 0, stdout)
    }
    assert.deepEqual(figures.headerBytes, { labelled: 14, sourceRouted3: 140 })
    assert.ok(figures.goals.every(({ isMet }: { isMet: unknown }) => typeof isMet === 'boolean'))
  })
})
