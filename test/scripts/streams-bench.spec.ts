// The benchmark of streams runs from end to end and says all that it promises; how fast things are is not judged here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../helpers/source-tree.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/streams.ts')]
  : [join(projectRoot, 'dist/scripts/bench/streams.js')]

describe('bench:streams', function () {
  this.timeout(60_000)

  it('prints what both streams carry, and their ratios, as JSON', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...SCRIPT, '--json', '--quick'], { cwd: projectRoot, timeout: 55_000 })
    const { plain, byway, ratio, cpuRatio } = JSON.parse(stdout)
    for (const figure of [plain.bytesPerSecond, plain.bytesPerCpuSecond, byway.bytesPerSecond, byway.bytesPerCpuSecond, ratio, cpuRatio]) {
      assert.ok(figure > 0, stdout)
    }
  })
})
