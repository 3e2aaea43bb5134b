/**
 * Where a public node may be made to connect to. Anyone may have it dial what a descriptor says, and that must not lead into the machine or the
 * network that it stands in.
 *
 * A name can be said to stand for a public address, and a moment later for a private one. So what was looked up is what is dialled: the check is
 * in the look-up that the socket itself makes, and what needs none, since the name is an address already, is checked before.
 */
import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import { isPrivateIp, tryGetNetConfig } from '@libp2p/utils'
import { PrivateAddressError } from '../defence/errors.ts'
import type { LookupAddress, LookupAllOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { ConnectionGater } from '@libp2p/interface'

/** As `lookup` of node:dns. */
export type AskNames = (name: string, options: LookupAllOptions, done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void) => void

/** Refuses addresses of private networks, however they are written, and those that name no host, as sockets in the file system. Names pass: see `publicLookup`. */
export const PUBLIC_ONLY: ConnectionGater = {
  denyDialMultiaddr: (address) => {
    const host = tryGetNetConfig(address)?.host
    return host === undefined || isPrivateHost(host)
  }
}

/** `localhost`, or an address that is not known to be public; false for all other names. */
export function isPrivateHost (host: string): boolean {
  return isIP(host) === 0 ? host === 'localhost' : isPrivateIp(host) !== false
}

/** For sockets that connect to a name: finds those of its addresses that are public. The callback gets a PrivateAddressError if it has others only. */
export function publicLookup (ask: AskNames = lookup): LookupFunction {
  return (name, options, done) => {
    ask(name, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        done(error, [])
        return
      }
      const allowed = found.filter(({ address }) => !isPrivateHost(address))
      if (allowed.length === 0) {
        done(new PrivateAddressError(name), [])
      } else if (options.all === true) {
        done(null, allowed)
      } else {
        done(null, allowed[0].address, allowed[0].family)
      }
    })
  }
}
