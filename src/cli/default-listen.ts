// Where a node listens unless it is told: over IPv4, and over IPv6 where this machine has an address of it that others can dial.
import { networkInterfaces } from 'node:os'
import { isPrivateHost } from '../node/public-addresses.ts'
import type { NetworkInterfaceInfo } from 'node:os'

type Interfaces = Partial<Record<string, Array<Pick<NetworkInterfaceInfo, 'family' | 'address'>>>>

const ANY_IP4 = '/ip4/0.0.0.0/'
const ANY_IP6 = '/ip6/::/'

/** @param listen - of the role, over IPv4 */
export function defaultListen (listen: readonly string[], interfaces: Interfaces = networkInterfaces()): string[] {
  const hasIp6 = Object.values(interfaces).flat().some((one) => one?.family === 'IPv6' && !isPrivateHost(one.address))
  return [...listen, ...(hasIp6 ? listen.map((address) => address.replace(ANY_IP4, ANY_IP6)) : [])]
}
