// Reverse proxies before the WebSockets of a node: for whom they speak, by the addresses that they add to `X-Forwarded-For`. Only those that
// are named are believed, for whoever is believed can have any address.
import { BlockList, isIP } from 'node:net'
import { BywayError } from '../../protocols/errors.ts'
import { isLoopbackHost } from '../defence/address-prefix.ts'

interface Subnet {
  address: string
  bits: number
  family: 'ipv4' | 'ipv6'
}

/** A header that is longer has more than all proxies on a way would add: what comes first in it, others have written. */
const MAX_HEADER_CHARACTERS = 1_024

/** Neither an address nor a subnet. */
export class InvalidSubnetError extends BywayError {
  override readonly name = 'InvalidSubnetError'
  readonly code = 'INVALID_SUBNET'

  constructor (text: string) {
    super(`"${text}" is neither an address nor a subnet: give one such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32`)
  }
}

/** An address, or a subnet such as 10.0.0.0/8; undefined for what is neither. */
export function parseSubnet (text: string): Subnet | undefined {
  const [address, bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
    return undefined
  }
  const most = version === 4 ? 32 : 128
  return Number(bits ?? most) > most ? undefined : { address, bits: Number(bits ?? most), family: version === 4 ? 'ipv4' : 'ipv6' }
}

export class TrustedProxies {
  readonly #known = new BlockList()

  /**
   * @param subnets - addresses and subnets
   * @throws InvalidSubnetError
   */
  constructor (subnets: readonly string[]) {
    for (const text of subnets) {
      const subnet = parseSubnet(text)
      if (subnet === undefined) {
        throw new InvalidSubnetError(text)
      }
      this.#known.addSubnet(subnet.address, subnet.bits, subnet.family)
    }
  }

  /** The address of who connects: the socket's; where that is a trusted proxy's, the last one in the header; where that is one's too, the one before it, and so on. */
  clientOf (remoteAddress: string, forwardedFor = ''): string {
    const told = forwardedFor.slice(-MAX_HEADER_CHARACTERS).split(',')
    let client = remoteAddress
    while (told.length > 0 && this.#has(client)) {
      const next = withoutPort(told.pop()?.trim() ?? '')
      // unknown, hidden, or beside a proxy on another machine, and not on this one, for which no bound by address is: all that is known is the proxy
      if (isIP(next) === 0 || next.includes('%') || (isLoopbackHost(next) && !isLoopbackHost(client))) {
        return client
      }
      client = next
    }
    return client
  }

  #has (address: string): boolean {
    const version = isIP(address)
    return version !== 0 && this.#known.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Some proxies add one, and brackets around IPv6 addresses. */
function withoutPort (text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
}
