// `byway demo` on the command line.
import type { Command } from 'commander'

export function registerDemo (program: Command): void {
  program.command('demo').description('a whole overlay on this machine, on real Internet latencies')
}
