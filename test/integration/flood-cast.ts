// Who takes part in the flood of set-ups over real processes: keys by number, so that every process knows all peers, and the address
// prefixes that they would come from if they were not all on one machine.
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { keyOf } from '../helpers/descriptors.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export const FLOOD_NETWORK = 'flood'
export const HONEST_HOSTS = 10
export const ATTACKERS = 50
const ATTACKERS_PER_PREFIX = 5
/** Signature checks of the forwarder. */
export const CHECKS_PER_SECOND = 200
export const OFFERED_PER_SECOND = 10 * CHECKS_PER_SECOND

const FIRST_ATTACKER = 100
const FIRST_HONEST = 10

export interface Member {
  key: PrivateKey
  peer: PeerId
  prefix: string
}

/** What the forwarder's process tells. */
export interface ForwarderReport {
  tableEntries: number
  queued: number
  bits: number
  checksStarted: number
  admitted: number
  held: number
  refused: number
  rssBytes: number
  cpuSeconds: number
  paths: number
}

export const cast = {
  forwarder: await memberOf(50, ''),
  destination: await memberOf(9, '203.0.113.0/24'),
  rsp: await memberOf(90, ''),
  honest: await Promise.all(Array.from({ length: HONEST_HOSTS }, async (_, i) => memberOf(FIRST_HONEST + i, `192.0.${i}.0/24`))),
  attackers: await Promise.all(Array.from({ length: ATTACKERS }, async (_, i) => memberOf(FIRST_ATTACKER + i, `10.0.${Math.floor(i / ATTACKERS_PER_PREFIX)}.0/24`)))
}

async function memberOf (number: number, prefix: string): Promise<Member> {
  const key = await keyOf(number)
  return { key, peer: peerIdFromPrivateKey(key), prefix }
}
