// Where figures come from, as every benchmark says it: what made them, of which sources, on what.
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'

export interface RunOrigin {
  command: string
  /** `-dirty` after it: with changes that were not committed; `unknown` outside of a repository. */
  commit: string
  node: string
  machine: string | undefined
  cores: number
}

/** @param script - from the root of the project on */
export function runOrigin (script: string): RunOrigin {
  return {
    command: `${script} ${process.argv.slice(2).join(' ')}`.trim(),
    commit: commit(),
    node: process.version,
    machine: cpus()[0]?.model,
    cores: availableParallelism()
  }
}

function commit (): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
