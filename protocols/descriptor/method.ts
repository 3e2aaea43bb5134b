/** `/byway/descriptor/1.0.0` as the request/response engine sees it: four questions, one kind of answer. */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger } from '../field-checks.ts'
import { decodePeerId, encodePeerId } from '../peer-ids.ts'
import { DEADLINE_MS, DESCRIPTOR_PROTOCOL, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, MAX_RESPONSE_ENTRIES } from './constants.ts'
import { DescriptorRequest, DescriptorResponse, Role } from './descriptor.pb.ts'
import { decodeEd25519Id } from './fields.ts'
import type { RoleName } from './fields.ts'
import type { Method } from '../request-response.ts'
import type { PeerId } from '@libp2p/interface'

export type DescriptorQuery =
  | { kind: 'self' }
  | { kind: 'role', role: RoleName, limit: number }
  | { kind: 'peer', peer: PeerId }
  | { kind: 'application', application: PeerId }

const ROLES: ReadonlyArray<[RoleName, Role]> = [
  ['forwarder', Role.FORWARDER],
  ['rsp', Role.RSP],
  ['host', Role.HOST],
  ['bootstrap', Role.BOOTSTRAP]
]

export const descriptorMethod: Method<DescriptorQuery, Uint8Array[]> = {
  protocol: DESCRIPTOR_PROTOCOL,
  maxRequestBytes: MAX_REQUEST_BYTES,
  maxResponseBytes: MAX_RESPONSE_BYTES,
  deadlineMs: DEADLINE_MS,

  encodeRequest (query) {
    switch (query.kind) {
      case 'self':
        return DescriptorRequest.encode({ self: true })
      case 'role':
        return DescriptorRequest.encode({
          role: ROLES.find(([name]) => name === query.role)?.[1],
          limit: checkInteger(query.limit, MAX_RESPONSE_ENTRIES, 'limit')
        })
      case 'peer':
        return DescriptorRequest.encode({ peer: encodePeerId(query.peer) })
      case 'application':
        return DescriptorRequest.encode({ application: encodePeerId(query.application) })
    }
  },

  decodeRequest (bytes) {
    const { self, role, peer, limit, application } = DescriptorRequest.decode(bytes)
    const asked = Number(self) + Number(role !== Role.UNKNOWN) + Number(peer.byteLength > 0) + Number(application.byteLength > 0)
    if (asked !== 1) {
      throw new MalformedMessageError('ask for exactly one of self, role, peer and application')
    }
    if (self) {
      return { kind: 'self' }
    }
    if (peer.byteLength > 0) {
      return { kind: 'peer', peer: decodeEd25519Id(peer, 'peer') }
    }
    if (application.byteLength > 0) {
      return { kind: 'application', application: decodePeerId(application, 'application') }
    }
    const name = ROLES.find(([, wire]) => wire === role)?.[0]
    if (name == null) {
      throw new MalformedMessageError('unknown role')
    }
    return { kind: 'role', role: name, limit: limit === 0 ? MAX_RESPONSE_ENTRIES : Math.min(limit, MAX_RESPONSE_ENTRIES) }
  },

  encodeResponse (descriptors) {
    return DescriptorResponse.encode({ descriptors: descriptors.map(bytes => withArrayBuffer(bytes)) })
  },

  decodeResponse (bytes) {
    return DescriptorResponse.decode(bytes, { limits: { descriptors: MAX_RESPONSE_ENTRIES } }).descriptors
  }
}

/** As many from the beginning of the list as fit into one response. */
export function fitting (descriptors: Uint8Array[], limit: number): Uint8Array[] {
  const result: Uint8Array[] = []
  let bytes = 0
  for (const descriptor of descriptors) {
    bytes += descriptor.byteLength + ENTRY_OVERHEAD_BYTES
    if (result.length >= Math.min(limit, MAX_RESPONSE_ENTRIES) || bytes > MAX_RESPONSE_BYTES) {
      break
    }
    result.push(descriptor)
  }
  return result
}

/** Tag and length of a field of at most MAX_DESCRIPTOR_BYTES */
const ENTRY_OVERHEAD_BYTES = 4
