// Starts a node for a command, with errors that a user understands, and stops it in bounded time.
import { BywayError } from '../../protocols/errors.ts'
import { createNode } from '../node/libp2p.ts'
import { ListenError } from './errors.ts'
import type { DefendedNode, NodeInit, Role } from '../node/libp2p.ts'

/** A stop that hangs must not keep the command: whatever is left ends with the process. */
const STOP_DEADLINE_MS = 4_000

/** @throws ListenError, and what the role says that it cannot do with what it was given: MapStoreCorruptError */
export async function startNode<R extends Role> (init: NodeInit<R>): Promise<DefendedNode<R>> {
  try {
    return await createNode(init)
  } catch (error) {
    if (error instanceof BywayError) {
      throw error
    }
    throw new ListenError(init.listen, reasonOf(error), { cause: error })
  }
}

/** @returns why it did not stop as it should; undefined: it did */
export async function stopNode (node: { stop: () => void | Promise<void> }): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<string>((resolve) => { timer = setTimeout(() => { resolve(`it has not stopped within ${STOP_DEADLINE_MS / 1_000} s`) }, STOP_DEADLINE_MS) })
  const stopped = Promise.resolve(node.stop()).then(() => undefined, (error: unknown) => String(error))
  const problem = await Promise.race([stopped, deadline])
  clearTimeout(timer)
  return problem
}

/** libp2p wraps the system's own words several times, and quotes them with their stacks. */
function reasonOf (error: unknown): string {
  const text = [error, ...(error instanceof AggregateError ? error.errors as unknown[] : [])].map(String).join('\n')
  const [code] = /EADDRINUSE|EACCES|EADDRNOTAVAIL|UnsupportedListenAddressError/.exec(text) ?? []
  switch (code) {
    case 'EADDRINUSE': return 'another program has this port: choose another one, or 0 for a free one'
    case 'EACCES': return 'this user may not use this port: choose one above 1023'
    case 'EADDRNOTAVAIL': return 'this machine has no such address: /ip4/0.0.0.0 stands for all that it has'
    case 'UnsupportedListenAddressError': return 'byway listens over TCP and WebSocket, at /ip4/ADDRESS/tcp/PORT or /ip4/ADDRESS/tcp/PORT/ws'
    default: return text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).join(' ')
  }
}
