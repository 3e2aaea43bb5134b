// The relay benchmark runs from end to end and says all that it promises; how fast things are is not judged here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../helpers/source-tree.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/relay.ts')]
  : [join(projectRoot, 'dist/scripts/bench/relay.js')]
const LANES = ['labelled', 'sourceRouted', 'circuitRelay', 'circuitRelayBulk', 'splice', 'spliceBulk', 'tcp']
const FIGURES = ['packetsPerCpuSecond', 'packetsPerSecond', 'idleP50Us', 'idleP99Us', 'halfLoadP99Us', 'halfLoadWholeP99Us']

describe('bench:relay', function () {
  this.timeout(250_000)

  it('prints the figures of every lane at every size, ratios and goals as JSON', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...SCRIPT, '--json', '--quick'], { cwd: projectRoot, timeout: 240_000 })
    const { sizes, ratios, goals, machine, node, commit } = JSON.parse(stdout)
    for (const bytes of ['64', '1024']) {
      assert.deepEqual(Object.keys(sizes[bytes]), LANES)
      for (const lane of LANES) {
        for (const figure of FIGURES) {
          assert.ok(sizes[bytes][lane][figure] > 0, `${figure} of ${lane} at ${bytes}: ${stdout}`)
        }
        const { lostShare } = sizes[bytes][lane]
        assert.ok(lostShare >= 0 && lostShare < 1, `${lane} at ${bytes} loses: ${stdout}`)
      }
      assert.ok(Object.values(ratios[bytes]).every((ratio) => (ratio as number) > 0), stdout)
    }
    assert.equal(goals.length, 8)
    assert.ok(goals.every(({ isMet }: { isMet: unknown }) => typeof isMet === 'boolean'))
    assert.ok([machine, node, commit].every((text) => text.length > 0))
  })
})
