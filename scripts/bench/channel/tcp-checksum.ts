// The TCP checksum (RFC 9293, section 3.1) of a packet that the kernel has left to hardware which is not there: a tunnel over a veth pair never gets to one.

const ETHERNET_TYPE_AT = 12
const IPV4 = 0x0800
const IP_AT = 14
const TOTAL_LENGTH_AT = IP_AT + 2
const PROTOCOL_AT = IP_AT + 9
const ADDRESSES_AT = IP_AT + 12
const ADDRESSES_BYTES = 8
const TCP = 6
/** In the TCP header. */
const CHECKSUM_AT = 16
const MIN_TCP_BYTES = 20

/** @param at - where the Ethernet header begins. What is not TCP over IPv4 stays as it is */
export function completeTcpChecksum (bytes: Uint8Array, at: number): void {
  const read = (where: number): number => bytes[where] << 8 | bytes[where + 1]
  const tcpAt = at + IP_AT + 4 * (bytes[at + IP_AT] & 0x0f)
  const endAt = at + IP_AT + read(at + TOTAL_LENGTH_AT)
  if (read(at + ETHERNET_TYPE_AT) !== IPV4 || bytes[at + PROTOCOL_AT] !== TCP || tcpAt + MIN_TCP_BYTES > endAt || endAt > bytes.length) {
    return
  }
  bytes[tcpAt + CHECKSUM_AT] = 0
  bytes[tcpAt + CHECKSUM_AT + 1] = 0
  let sum = TCP + endAt - tcpAt
  for (let i = at + ADDRESSES_AT; i < at + ADDRESSES_AT + ADDRESSES_BYTES; i += 2) {
    sum += read(i)
  }
  for (let i = tcpAt; i < endAt - 1; i += 2) {
    sum += bytes[i] << 8 | bytes[i + 1]
  }
  if ((endAt - tcpAt) % 2 === 1) {
    sum += bytes[endAt - 1] << 8
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  bytes[tcpAt + CHECKSUM_AT] = (~sum & 0xffff) >>> 8
  bytes[tcpAt + CHECKSUM_AT + 1] = ~sum & 0xff
}
