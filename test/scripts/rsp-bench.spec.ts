// The benchmark of the RSP runs from end to end and says all that it promises; how fast things are is not judged here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../helpers/source-tree.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/rsp.ts')]
  : [join(projectRoot, 'dist/scripts/bench/rsp.js')]

describe('bench:rsp', function () {
  this.timeout(250_000)

  it('prints each figure and its goal as JSON, and no query fails', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...SCRIPT, '--json', '--quick'], { cwd: projectRoot, timeout: 240_000 })
    const { full, half, reports, withReports, goals } = JSON.parse(stdout)
    for (const load of [full, half, withReports]) {
      assert.ok(load.answersPerSecond > 0 && load.answersPerCpuSecond > 0 && load.p50Ms > 0 && load.p99Ms >= load.p50Ms, stdout)
      assert.equal(load.failed, 0)
    }
    for (const absorbed of [reports, withReports]) {
      assert.ok(absorbed.linkReportsPerSecond > 0 && absorbed.linkReportsPerCpuSecond > 0, stdout)
    }
    assert.deepEqual(goals.map(({ figure }: { figure: string }) => figure), ['full.answersPerCpuSecond', 'half.p99Ms', 'withReports.linkReportsPerSecond'])
    assert.ok(goals.every(({ isMet }: { isMet: unknown }) => typeof isMet === 'boolean'))
  })
})
