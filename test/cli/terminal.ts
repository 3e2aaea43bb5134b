// Runs a command line inside the test's own process, with an environment and streams of its own.
import { runCli } from '../../src/cli/program.ts'

export interface CliResult {
  code: number
  out: string
  err: string
}

export async function cli (args: readonly string[], init: { env?: Record<string, string>, signal?: AbortSignal, onOut?: (line: string) => void } = {}): Promise<CliResult> {
  const lines = { out: [] as string[], err: [] as string[] }
  const code = await runCli(args, {
    env: init.env ?? {},
    out: (line) => {
      lines.out.push(line)
      init.onOut?.(line)
    },
    err: (line) => { lines.err.push(line) },
    signal: init.signal ?? new AbortController().signal
  })
  return { code, out: lines.out.join('\n'), err: lines.err.join('\n') }
}
