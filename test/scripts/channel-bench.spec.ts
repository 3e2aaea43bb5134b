// The channel benchmark runs from end to end and says all that it promises; how fast things are is not judged here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../helpers/source-tree.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/channel.ts')]
  : [join(projectRoot, 'dist/scripts/bench/channel.js')]
/** 1: a goal was missed, which tells nothing of a run that is so short. */
const CODES = [null, 1]

describe('bench:channel', function () {
  this.timeout(310_000)

  it('prints what each lane carries, costs and delays, with its goals, as JSON', async () => {
    const stdout = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [...SCRIPT, '--json', '--quick', '--scenarios', 'loopback,clean20ms'], { cwd: projectRoot, timeout: 300_000 }, (error, text) => {
        if (CODES.includes((error?.code ?? null) as number | null)) {
          resolve(text)
        } else {
          reject(error ?? new Error('it said nothing'))
        }
      })
    })
    const { outcomes, goals } = JSON.parse(stdout)
    const [loopback, clean] = outcomes
    for (const lane of ['plain', 'byway', 'circuitRelay', 'bywayForwarder']) {
      const { bytesPerSecond, cpuMsPerMb, idleRttMs, fullRttMs } = loopback.lanes[lane]
      for (const figure of [bytesPerSecond, cpuMsPerMb, idleRttMs.p50, fullRttMs.p50]) {
        assert.ok(figure > 0, stdout)
      }
    }
    assert.ok(clean.skipped !== undefined || clean.lanes.byway.bytesPerSecond > 0, stdout)
    assert.ok(goals.length >= 2, stdout)
    for (const { figure, value, atLeast, isMet } of goals) {
      assert.equal(isMet, value >= atLeast, figure)
    }
  })
})
