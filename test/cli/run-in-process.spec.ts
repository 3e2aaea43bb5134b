import assert from 'node:assert/strict'
import { CliProcess, endProcesses } from '../helpers/processes.ts'

const START_DEADLINE_MS = 60_000
const DAEMON = ['bootstrap', '--ephemeral', '--local', '--json', '--network', 'signals', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-control', '--metrics', '0']

describe('byway in a process', function () {
  this.timeout(90_000)

  after(async () => { await endProcesses() })

  it('regression: a daemon without a terminal, as under nohup, goes on when a terminal goes, and stops in good order when it is told to', async () => {
    const child = new CliProcess(DAEMON)
    const { metrics } = await child.next<{ event: string, metrics: string }>(({ event }) => event === 'started', START_DEADLINE_MS)
    child.kill('SIGHUP')
    // had it taken the signal for its end, its metrics would be gone by the second answer
    for (let answers = 0; answers < 2; answers++) {
      assert.equal((await fetch(metrics, { headers: { connection: 'close' } })).status, 200)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    child.kill('SIGTERM')
    const { code, stdout } = await child.ended()
    assert.deepEqual([code, (JSON.parse(stdout.split('\n').at(-1) as string) as { event: string }).event], [0, 'stopped'])
  })
})
