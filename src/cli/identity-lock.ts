// One process at a time is a node: two with one key would be one peer at two places, and each would write over what the other keeps. Whoever runs
// listens on a socket beside those for commands, whatever --control says, and the system lets go of it when the process dies. Nodes that were started
// with different folders for sockets (control-address.ts), or on different machines, do not see each other.
import { BywayError } from '../../protocols/errors.ts'
import { ControlAddressError, ControlInUseError, prepareControlPath } from './control-address.ts'
import { ControlServer } from './control-server.ts'

/** Of two roles with one key, too, only one can run. */
const ANY_ROLE = 'node'

/** A living process has the identity. */
export class IdentityInUseError extends BywayError {
  override readonly name = 'IdentityInUseError'
  readonly code = 'IDENTITY_IN_USE'
  /** Peer id as text. */
  readonly id: string

  constructor (id: string, options?: ErrorOptions) {
    super(`a node with this key runs already, ${id}: stop it first, or give this one a key of its own with --key FILE or --ephemeral`, options)
    this.id = id
  }
}

/**
 * Takes the identity until it is closed.
 *
 * @param id - peer id as text
 * @returns undefined where there is no place for such a socket: a node runs without, as without the one for commands
 * @throws IdentityInUseError
 */
export async function lockIdentity (id: string, env: Readonly<Record<string, string | undefined>>): Promise<ControlServer | undefined> {
  try {
    return await ControlServer.listen({ path: await prepareControlPath(ANY_ROLE, id, env, 'lock'), commands: new Map() })
  } catch (error) {
    if (error instanceof ControlInUseError) {
      throw new IdentityInUseError(id, { cause: error })
    }
    if (error instanceof ControlAddressError) {
      return undefined
    }
    throw error
  }
}
