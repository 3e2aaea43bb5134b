// Serves the set-up protocol behind the gate: who calls, and from which address prefix, is found out once for each connection; whether it
// counts as a forwarder, each time.
import { addressPrefix, isLoopback } from './address-prefix.ts'
import { CountedForwarders } from './counted-forwarders.ts'
import { DEFAULT_SET_UP_LIMITS } from './set-up-limits.ts'
import { serveSetup } from '../../protocols/setup/server.ts'
import type { SetUpLimits } from './set-up-limits.ts'
import type { SetUpGate } from './set-up-gate.ts'
import type { InstallCaller } from './install-checker.ts'
import type { SetupAnswer, SetupRequest } from '../../protocols/setup/server.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

/** Addresses that name no host share one prefix, so that they are no way around its bucket. */
const WITHOUT_PREFIX = ''

export interface SetUpCallersInit {
  /** Forwarders bring the passes of many sources. Not to be what a peer says of itself: anybody would say so. */
  isForwarder: (peer: PeerId) => boolean
  /** Where prefixes are not those of addresses, as behind a proxy that knows more. Default, and where it says nothing: `addressPrefix`. */
  prefixOf?: (connection: Connection) => string | undefined
  limits?: Partial<Pick<SetUpLimits, 'maxForwardersPerPrefix' | 'maxPrefixes'>>
}

export interface GatedSetUpInit extends SetUpCallersInit {
  gate: SetUpGate
  handle: (request: SetupRequest, caller: InstallCaller) => SetupAnswer | Promise<SetupAnswer>
  log: Logger
}

/** @returns what ends it */
export async function serveGatedSetUp (registrar: Registrar, { gate, handle, log, ...init }: GatedSetUpInit): Promise<() => Promise<void>> {
  const callerOf = setUpCallers(init)
  return serveSetup(registrar, {
    admit: ({ connection }, bytes) => gate.admit(callerOf(connection).gate, bytes),
    handle: (request, { connection }) => handle(request, callerOf(connection))
  }, { log })
}

/** Tells who calls over a connection. */
export function setUpCallers ({ isForwarder, prefixOf, limits }: SetUpCallersInit): (connection: Connection) => InstallCaller {
  const { maxForwardersPerPrefix, maxPrefixes } = { ...DEFAULT_SET_UP_LIMITS, ...limits }
  const counted = new CountedForwarders({ isForwarder, maxPerPrefix: maxForwardersPerPrefix, maxPrefixes })
  const places = new WeakMap<Connection, { prefix: string, isThisMachine: boolean, caller?: InstallCaller }>()
  return (connection) => {
    let place = places.get(connection)
    if (place === undefined) {
      const told = prefixOf?.(connection)
      place = { prefix: told ?? addressPrefix(connection.remoteAddr) ?? WITHOUT_PREFIX, isThisMachine: told === undefined && isLoopback(connection.remoteAddr) }
      places.set(connection, place)
    }
    const peer = connection.remotePeer
    // the forwarders of an overlay on one machine have one prefix, and nobody else has it
    const counts = place.isThisMachine ? isForwarder(peer) : counted.has(peer, place.prefix)
    // that may change while it is connected
    if (place.caller?.gate.isForwarder !== counts) {
      const prefix = place.isThisMachine && counts ? `this machine, ${peer.toString()}` : place.prefix
      place.caller = { peer, gate: { peer: peer.toString(), prefix, isForwarder: counts } }
    }
    return place.caller
  }
}
