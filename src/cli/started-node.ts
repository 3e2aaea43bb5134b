// Starts a node for a command, with errors that a user understands, and stops it in bounded time.
import { createNode } from '../node/libp2p.ts'
import { ListenError } from './errors.ts'
import type { BywayNode, NodeInit, Role } from '../node/libp2p.ts'

/** A stop that hangs must not keep the command: whatever is left ends with the process. */
const STOP_DEADLINE_MS = 4_000

export async function startNode<R extends Role> (init: NodeInit<R>): Promise<BywayNode<R>> {
  try {
    return await createNode(init)
  } catch (error) {
    throw new ListenError(init.listen, reasonOf(error), { cause: error })
  }
}

export async function stopNode (node: { stop: () => void | Promise<void> }): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, STOP_DEADLINE_MS) })
  await Promise.race([Promise.resolve(node.stop()).catch(() => {}), deadline])
  clearTimeout(timer)
}

/** The system's own words are at the bottom of several wrappings. */
function reasonOf (error: unknown): string {
  const text = [error, ...(error instanceof AggregateError ? error.errors as unknown[] : [])].map(String).join('; ')
  const [code] = /EADDRINUSE|EACCES|EADDRNOTAVAIL/.exec(text) ?? []
  switch (code) {
    case 'EADDRINUSE': return 'another program has this port: choose another one, or 0 for a free one'
    case 'EACCES': return 'this user may not use this port: choose one above 1023'
    case 'EADDRNOTAVAIL': return 'this machine has no such address: /ip4/0.0.0.0 stands for all that it has'
    default: return error instanceof Error ? error.message : String(error)
  }
}
