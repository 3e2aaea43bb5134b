// The command line in a real process: streams, signals and the exit code.
import { ExitCode } from './exit-codes.ts'
import { complaint } from './output.ts'
import { runCli } from './program.ts'

/** A clean stop takes well under a second; after this the process ends whatever is left. */
const STOP_DEADLINE_MS = 4_800

export async function runInProcess (): Promise<void> {
  const stop = new AbortController()
  let isStopping = false
  const onSignal = (): void => {
    if (isStopping) {
      process.exit(ExitCode.error)
    }
    isStopping = true
    stop.abort()
    setTimeout(() => { process.exit(ExitCode.done) }, STOP_DEADLINE_MS).unref()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('uncaughtException', (error) => {
    process.stderr.write(`byway: a fault of byway, please report it: ${complaint(error, process.env)}\n`)
    process.exit(ExitCode.error)
  })
  // whoever reads has had enough: `byway ping … | head`
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error
    }
    process.exit(ExitCode.done)
  })
  const code = await runCli(process.argv.slice(2), {
    env: process.env,
    out: (line) => { process.stdout.write(`${line}\n`) },
    err: (line) => { process.stderr.write(`${line}\n`) },
    signal: stop.signal,
    ownsProcess: true
  })
  // timers of a stopped node may still run; what was written goes out first
  process.stdout.write('', () => { process.exit(code !== ExitCode.done ? code : process.exitCode ?? ExitCode.done) })
}
