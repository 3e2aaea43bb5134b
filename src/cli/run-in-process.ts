// The command line in a real process: streams, signals and the exit code.
import { isatty } from 'node:tty'
import { ExitCode } from './exit-codes.ts'
import { complaint } from './output.ts'
import { runCli } from './program.ts'

/** A clean stop takes well under a second; after this the process ends whatever is left. */
const STOP_DEADLINE_MS = 4_800
/** A terminal signals all processes of a group, and npm passes its own on: one Ctrl-C may come twice. */
const SAME_SIGNAL_MS = 500

export async function runInProcess (): Promise<void> {
  const stop = new AbortController()
  let stoppingSinceMs: number | undefined
  const onSignal = (): void => {
    if (stoppingSinceMs === undefined) {
      stoppingSinceMs = performance.now()
      stop.abort()
      setTimeout(() => { process.exit(ExitCode.error) }, STOP_DEADLINE_MS).unref()
    } else if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) {
      process.exit(ExitCode.error)
    }
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, onSignal)
  }
  // it says that the terminal has gone. Who has none goes on: Node does not tell that it was to be ignored, as by nohup
  process.on('SIGHUP', [0, 1, 2].some((file) => isatty(file)) ? onSignal : () => {})
  process.on('uncaughtException', (error) => {
    process.stderr.write(`byway: a fault of byway, please report it: ${complaint(error, process.env)}\n`)
    process.exit(ExitCode.error)
  })
  let isRead = true
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') {
      throw error
    }
    // whoever reads has had enough, as of `byway ping … | head`, or the terminal is gone
    if (stoppingSinceMs === undefined) {
      isRead = false
      onSignal()
    }
  })
  // a daemon goes on when the terminal that it told its story is gone
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') {
      throw error
    }
  })
  const code = await runCli(process.argv.slice(2), {
    env: process.env,
    out: (line) => { process.stdout.write(`${line}\n`) },
    err: (line) => { process.stderr.write(`${line}\n`) },
    signal: stop.signal,
    ownsProcess: true
  })
  // timers of a stopped node may still run; what was written goes out first
  process.stdout.write('', () => { process.exit(!isRead ? ExitCode.done : code !== ExitCode.done ? code : process.exitCode ?? ExitCode.done) })
}
