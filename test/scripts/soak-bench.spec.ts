// A soak test of some seconds runs from end to end and says all that it promises; whether anything grows it takes longer to see.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../helpers/source-tree.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/soak.ts')]
  : [join(projectRoot, 'dist/scripts/bench/soak.js')]
const PROCESSES = ['bootstrap', 'forwarder', 'neighbour', 'rsp', 'surveyor', 'host', 'callee', 'cast']

describe('bench:soak', function () {
  this.timeout(310_000)

  it('lets others come and go, and prints what each process held before and after as JSON', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...SCRIPT, '--json', '--minutes', '0.1'], { cwd: projectRoot, timeout: 300_000 })
    const { ok, processes, visits, victims, judged, machine, node, commit } = JSON.parse(stdout)
    assert.equal(ok, true, stdout)
    assert.deepEqual(judged, { tables: false, slopes: false })
    assert.deepEqual(Object.keys(processes), PROCESSES)
    for (const name of PROCESSES) {
      const { heldMb, handles, tables, uncaught, samples } = processes[name]
      assert.ok(heldMb.before > 0 && heldMb.after > 0 && samples > 0, `${name}: ${stdout}`)
      assert.ok(name === 'cast' || (handles.before.TCPServerWrap > 0 && Object.keys(tables.before).length > 20), `${name}: ${stdout}`)
      assert.deepEqual(uncaught, [])
    }
    assert.ok(processes.forwarder.tables.before['forwarder.neighbours'] > 0 && processes.forwarder.work['forwarder.deliveredPackets'] > 0, stdout)
    assert.ok(visits.host.begun > 0 && visits.hostile.begun > 0 && visits['introduced rsp'].begun > 0, stdout)
    assert.ok(victims >= 0 && [machine, node, commit].every((text) => text.length > 0), stdout)
  })
})
