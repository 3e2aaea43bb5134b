/**
 * Who shares a line with whom: the prefix under which connections are counted before their peer id is known.
 *
 * A peer id costs nothing, an address costs something and a whole prefix costs more. IPv4 is cut at /24, the smallest
 * block that is routed on the Internet; IPv6 at /48, what one site is given (RFC 6177), so that no site has more than one name.
 */
import { CODE_IP4, CODE_IP6, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * The prefix of the remote end, such as `192.0.2.0/24` or `2001:db8:7::/48`.
 * IPv6 addresses that only carry an IPv4 one (mapped, RFC 4291, and translated, RFC 6052) count as that one.
 * Undefined where the address does not name the remote end's host: names, memory, and relayed connections, whose address is the relay's.
 */
export function addressPrefix (address: Multiaddr): string | undefined {
  const host = remoteHost(address)
  return host === undefined ? undefined : prefixOf(host)
}

/** The same of an IP address in text, as a socket tells it. */
export function hostPrefix (host: string): string | undefined {
  const parsed = parseHost(host.replace(/%.*$/, ''))
  return parsed === undefined ? undefined : prefixOf(parsed)
}

/**
 * The prefix by which what comes from there is counted. Undefined for this machine: the nodes of an overlay on one machine have one prefix, as has
 * all that comes over a proxy on it, and nobody else has it. Addresses that name no host share one, so that they are no way around it.
 */
export function countedPrefix (address: Multiaddr): string | undefined {
  return isLoopback(address) ? undefined : addressPrefix(address) ?? WITHOUT_HOST
}

const WITHOUT_HOST = 'without host'

/** Whether the remote end is this machine. */
export function isLoopback (address: Multiaddr): boolean {
  return isOwn(remoteHost(address))
}

/** The same of an IP address in text. */
export function isLoopbackHost (host: string): boolean {
  return isOwn(parseHost(host))
}

/** An IPv4 address in dots, or the eight groups of an IPv6 one. */
type RemoteHost = string | number[]

function remoteHost (address: Multiaddr): RemoteHost | undefined {
  const components = address.getComponents()
  if (components.some(({ code }) => code === CODE_P2P_CIRCUIT)) {
    return undefined
  }
  const host = components.find(({ code }) => code === CODE_IP4 || code === CODE_IP6)
  return host?.value === undefined ? undefined : parseHost(host.value)
}

function isOwn (host: RemoteHost | undefined): boolean {
  return typeof host === 'string' ? host.startsWith('127.') : host !== undefined && host.every((group, index) => group === (index === 7 ? 1 : 0))
}

function parseHost (text: string): RemoteHost | undefined {
  if (!text.includes(':')) {
    return text
  }
  const groups = ipv6Groups(text)
  return groups === undefined ? undefined : embeddedIpv4(groups) ?? groups
}

function prefixOf (host: RemoteHost): string {
  if (typeof host === 'string') {
    return `${host.slice(0, host.lastIndexOf('.'))}.0/24`
  }
  return `${host.slice(0, 3).map(group => group.toString(16)).join(':')}::/48`
}

/** Undefined where the text is no IPv6 address. */
function ipv6Groups (text: string): number[] | undefined {
  const halves = dotsToGroups(text).split('::')
  const head = parseGroups(halves[0])
  const tail = parseGroups(halves[1] ?? '')
  const gap = 8 - head.length - tail.length
  if (halves.length > 2 || gap < 0 || (halves.length === 1 && gap !== 0)) {
    return undefined
  }
  const groups = [...head, ...new Array<number>(gap).fill(0), ...tail]
  return groups.every(group => group >= 0 && group <= 0xffff) ? groups : undefined
}

function parseGroups (text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => parseInt(group, 16))
}

/** The last four bytes of an IPv6 address may be written in dots. */
function dotsToGroups (text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
}

function embeddedIpv4 (groups: number[]): string | undefined {
  const carrier = groups.slice(0, 6).map(group => group.toString(16)).join(':')
  if (carrier !== '0:0:0:0:0:ffff' && carrier !== '64:ff9b:0:0:0:0') {
    return undefined
  }
  return groups.slice(6).flatMap(group => [group >> 8, group & 0xff]).join('.')
}
