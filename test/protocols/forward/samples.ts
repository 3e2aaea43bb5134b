// Made-up nodes, routes and packets. Ids differ in their last bytes only, so that a comparison that stops early is found out.
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { At, encodeSourceRoute, flagsAfter, packetBytes, writePacket } from '../../../protocols/forward/source-route.ts'
import { NODE_ID_BYTES } from '../../../protocols/forward/constants.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'
import type { SourceRouteInit } from '../../../protocols/forward/source-route.ts'

/** 2026-11-23T00:00:00Z, seconds. */
export const NOW_S = 1_795_392_000

export function nodeOf (number: number): NodeId {
  const id = new Uint8Array(NODE_ID_BYTES).fill(0x55)
  id[NODE_ID_BYTES - 2] = number >> 8
  id[NODE_ID_BYTES - 1] = number
  return id
}

export function nodesOf (count: number): NodeId[] {
  return Array.from({ length: count }, (_, i) => nodeOf(i))
}

export function routeOf (nodes: readonly NodeId[], change: Partial<SourceRouteInit> = {}): Uint8Array {
  return encodeSourceRoute({ nodes, expiryS: NOW_S + 30, ...change })
}

/** A packet as it leaves its source. */
export function packetOf (header: Uint8Array, payload: Uint8Array = Uint8Array.of(3, 1, 4), flags = 0): Uint8Array {
  const packet = new Uint8Array(packetBytes(header, payload))
  writePacket(packet, 0, header, payload, flags)
  return packet
}

/** What a node that sends the packet on makes of it. */
export function sentOn (packet: Uint8Array, next: number): Uint8Array {
  const sent = packet.slice()
  sent[At.flags] = flagsAfter(packet, 0, next)
  sent[At.hopIndex] = next
  sent[At.ttl] = packet[At.ttl] - 1
  return sent
}

/** A list that `encodeSourceRoute` would refuse: any ids, as often as one likes. */
export function forgedRoute (nodes: readonly NodeId[]): Uint8Array {
  const header = new Uint8Array(At.list + 24 * nodes.length)
  header.set(routeOf(nodesOf(2)).subarray(0, At.list))
  header[At.hopCount] = nodes.length
  nodes.forEach((node, i) => { header.set(node, At.list + 24 * i) })
  return header
}

export const bytes = (hex: string): Uint8Array => fromString(hex, 'hex')
export const hex = (data: Uint8Array): string => toString(data, 'hex')

/** The packet somewhere inside a larger buffer, as in a received chunk. */
export function embedded (packet: Uint8Array, before = 7, after = 5): { buffer: Uint8Array, at: number } {
  const buffer = new Uint8Array(before + packet.length + after).fill(0xee)
  buffer.set(packet, before)
  return { buffer, at: before }
}
