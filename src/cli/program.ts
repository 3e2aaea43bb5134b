// All commands, their help, and the one place where an error becomes a message and an exit code.
import { Command, CommanderError } from 'commander'
import { ExitCode, isNoRoute } from './exit-codes.ts'
import { complaint } from './output.ts'
import { packageVersion } from './package-version.ts'
import { registerDaemons } from './daemon.ts'
import { registerDemo } from './demo/command.ts'
import { registerEvaluate } from './evaluate.ts'
import { registerHistory } from './history.ts'
import { registerPath, registerRevocation } from './path.ts'
import { registerPing } from './ping.ts'
import { registerRoute } from './route.ts'
import { registerRsps } from './rsps.ts'
import { registerStatus } from './status.ts'
import { registerTrace } from './trace.ts'
import { registerUsage } from './usage.ts'
import { registerWhy } from './why.ts'
import type { Terminal } from './output.ts'

const EPILOGUE = `
A first look, all on this machine:
  byway demo

Exit codes: 0 done, 1 neither the default route nor any offer works, 2 error; of byway why also 3: on the
default route, but not because it is the best; of byway demo --failing 1: a host was worse off for too long.
Settings of a node can also be environment variables (--max-access is BYWAY_MAX_ACCESS) or keys of a TOML file (--config FILE);
flags go before variables, variables before the file.`

export function createProgram (terminal: Terminal): Command {
  const program = new Command('byway')
    .description('Customized routing as a service: better paths than the default route, from competing providers')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', EPILOGUE)
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => { terminal.out(text.trimEnd()) },
      writeErr: (text) => { terminal.err(text.trimEnd()) }
    })
  registerDaemons(program, terminal)
  registerRoute(program, terminal)
  registerPing(program, terminal)
  registerWhy(program, terminal)
  registerTrace(program, terminal)
  registerStatus(program, terminal)
  registerRsps(program, terminal)
  registerPath(program, terminal)
  registerRevocation(program, terminal)
  registerUsage(program, terminal)
  registerHistory(program, terminal)
  registerEvaluate(program, terminal)
  registerDemo(program, terminal)
  return program
}

/**
 * Runs one command line.
 *
 * @param args - without the interpreter and the script
 * @returns the exit code
 */
export async function runCli (args: readonly string[], world: Omit<Terminal, 'exit'>): Promise<number> {
  let code: number = ExitCode.done
  const terminal: Terminal = { ...world, exit: (given) => { code = given } }
  try {
    await createProgram(terminal).parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) {
      // its text has been written already
      return error.exitCode === 0 ? ExitCode.done : ExitCode.error
    }
    if (terminal.signal.aborted) {
      terminal.err('byway: interrupted')
      return ExitCode.error
    }
    terminal.err(`byway: ${complaint(error, terminal.env)}`)
    return isNoRoute(error) ? ExitCode.noRoute : ExitCode.error
  }
}
