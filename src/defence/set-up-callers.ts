// Serves the set-up protocol behind the gate: who calls, and from which address prefix, is found out once for each connection; whether it
// counts as a forwarder, each time.
import { addressPrefix } from './address-prefix.ts'
import { serveSetup } from '../../protocols/setup/server.ts'
import type { GateCaller } from './set-up-limits.ts'
import type { SetUpGate } from './set-up-gate.ts'
import type { InstallCaller } from './install-checker.ts'
import type { SetupAnswer, SetupRequest } from '../../protocols/setup/server.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

/** Addresses that name no host share one prefix, so that they are no way around its bucket. */
const WITHOUT_PREFIX = ''

export interface GatedSetUpInit {
  gate: SetUpGate
  /** Forwarders bring the passes of many sources. Not to be what a peer says of itself: anybody would say so. */
  isForwarder: (peer: PeerId) => boolean
  /** Where prefixes are not those of addresses, as behind a proxy that knows more. Default, and where it says nothing: `addressPrefix`. */
  prefixOf?: (connection: Connection) => string | undefined
  handle: (request: SetupRequest, caller: InstallCaller) => SetupAnswer | Promise<SetupAnswer>
  log: Logger
}

/** @returns what ends it */
export async function serveGatedSetUp (registrar: Registrar, { gate, isForwarder, prefixOf, handle, log }: GatedSetUpInit): Promise<() => Promise<void>> {
  const callers = new WeakMap<Connection, InstallCaller>()
  const callerOf = (connection: Connection): InstallCaller => {
    const known = callers.get(connection)
    // whether it counts as a forwarder may change while it is connected
    if (known !== undefined && known.gate.isForwarder === isForwarder(known.peer)) {
      return known
    }
    const peer = connection.remotePeer
    const prefix = prefixOf?.(connection) ?? addressPrefix(connection.remoteAddr) ?? WITHOUT_PREFIX
    const caller: GateCaller = { peer: peer.toString(), prefix, isForwarder: isForwarder(peer) }
    const made = { peer, gate: caller }
    callers.set(connection, made)
    return made
  }
  return serveSetup(registrar, {
    admit: ({ connection }, bytes) => gate.admit(callerOf(connection).gate, bytes),
    handle: (request, { connection }) => handle(request, callerOf(connection))
  }, { log })
}
