/**
 * The fields of a descriptor between their form in a message and their form in
 * a program, and every limit on them. Knows nothing of signatures (codec.ts).
 */
import { multiaddr } from '@multiformats/multiaddr'
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, checkSafeInteger, checkUint64, MAX_UINT32 } from '../field-checks.ts'
import { decodePeerId, encodePeerId } from '../peer-ids.ts'
import { MAX_ACCESS, MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_BINDING_BYTES, MAX_CLAUSES, MAX_ENDPOINTS, MAX_LIFE_MS, MAX_METRICS, MAX_STRING_BYTES, MAX_TAGS, TAG_KEY } from './constants.ts'
import { MapKind } from './descriptor.pb.ts'
import type * as pb from './descriptor.pb.ts'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export type RoleName = 'forwarder' | 'rsp' | 'host' | 'bootstrap'

/** One process that serves the identity. */
export interface Endpoint {
  peer: PeerId
  addresses: Multiaddr[]
}

export interface ForwarderTerms {
  /** What it carries for others; 0: not said */
  capacityBytesPerSecond: number
  maxAttachments: number
  maxNeighbours: number
}

export interface RspTerms {
  mapKind: 'reports' | 'surveys'
  metrics: string[]
  /** Of an answer, in millionths of the operator's unit; 0 or absent: free */
  priceMicro?: bigint
  /** What of the query language it supports */
  clauses?: string[]
}

export interface Access {
  forwarder: PeerId
  rttUs: number
  /** false: would attach there when asked */
  attached: boolean
}

export interface HostTerms {
  /** Nearest first */
  access: Access[]
  /** Sealed binding of the application that speaks through this host: still to be opened (protocols/identity) */
  binding?: Uint8Array
}

export interface DescriptorFields {
  network: string
  /** Of two descriptors of one identity the higher one holds */
  sequence: bigint
  issuedAtMs: number
  expiresAtMs: number
  endpoints: Endpoint[]
  operator?: string
  tags: Record<string, string>
  forwarder?: ForwarderTerms
  rsp?: RspTerms
  host?: HostTerms
  bootstrap?: true
}

/** What to say of oneself. */
export interface DescriptorInit extends Omit<DescriptorFields, 'forwarder' | 'tags'> {
  tags?: Record<string, string>
  forwarder?: Partial<ForwarderTerms>
}

/** Limits are left to `fromMessage`, but for what would not survive the step into a message. */
export function toMessage (init: DescriptorInit, peer: PeerId): pb.Descriptor {
  return {
    peer: encodePeerId(peer),
    sequence: init.sequence,
    issuedAtMs: toUint64(init.issuedAtMs, 'issuedAtMs'),
    expiresAtMs: toUint64(init.expiresAtMs, 'expiresAtMs'),
    network: init.network,
    endpoints: init.endpoints.map(({ peer, addresses }) => ({
      peer: encodePeerId(peer),
      addresses: addresses.map(address => withArrayBuffer(address.bytes))
    })),
    operator: init.operator ?? '',
    tags: Object.entries(init.tags ?? {}).map(([key, value]) => ({ key, value })),
    forwarder: init.forwarder == null
      ? undefined
      : {
          capacityBytesPerSecond: toUint64(init.forwarder.capacityBytesPerSecond ?? 0, 'forwarder.capacityBytesPerSecond'),
          maxAttachments: init.forwarder.maxAttachments ?? 0,
          maxNeighbours: init.forwarder.maxNeighbours ?? 0
        },
    rsp: init.rsp == null
      ? undefined
      : {
          mapKind: init.rsp.mapKind === 'reports' ? MapKind.REPORTS : MapKind.SURVEYS,
          metrics: init.rsp.metrics,
          priceMicro: init.rsp.priceMicro ?? 0n,
          clauses: init.rsp.clauses ?? []
        },
    host: init.host == null
      ? undefined
      : {
          access: init.host.access.map(access => ({ ...access, forwarder: encodePeerId(access.forwarder) })),
          binding: withArrayBuffer(init.host.binding ?? new Uint8Array())
        },
    bootstrap: init.bootstrap === true ? {} : undefined
  }
}

/** Throws MalformedMessageError, with the name of the field, for whatever is not as README.md says. */
export function fromMessage (message: pb.Descriptor): { peer: PeerId, roles: Set<RoleName>, fields: DescriptorFields } {
  const fields: DescriptorFields = {
    network: checkText(message.network, 'network', 1),
    sequence: checkUint64(message.sequence, 'sequence'),
    issuedAtMs: checkSafeInteger(message.issuedAtMs, 'issuedAtMs'),
    expiresAtMs: checkSafeInteger(message.expiresAtMs, 'expiresAtMs'),
    endpoints: distinct(list(message.endpoints, MAX_ENDPOINTS, 'endpoints').map(endpointOf), endpoint => endpoint.peer, 'endpoints'),
    operator: message.operator === '' ? undefined : checkText(message.operator, 'operator', 1),
    tags: tagsOf(message.tags),
    forwarder: message.forwarder == null ? undefined : forwarderOf(message.forwarder),
    rsp: message.rsp == null ? undefined : rspOf(message.rsp),
    host: message.host == null ? undefined : hostOf(message.host),
    bootstrap: message.bootstrap == null ? undefined : true
  }
  const lifeMs = fields.expiresAtMs - fields.issuedAtMs
  if (lifeMs <= 0 || lifeMs > MAX_LIFE_MS) {
    throw new MalformedMessageError(`expiresAtMs is ${lifeMs} ms after issuedAtMs: it must be 1 to ${MAX_LIFE_MS}`)
  }
  const roles = new Set((['forwarder', 'rsp', 'host', 'bootstrap'] as const).filter(role => fields[role] != null))
  if (roles.size === 0) {
    throw new MalformedMessageError('a descriptor needs the terms of at least one role')
  }
  return { peer: decodeEd25519Id(message.peer, 'peer'), roles, fields }
}

function endpointOf ({ peer, addresses }: pb.Endpoint, index: number): Endpoint {
  const field = `endpoints[${index}]`
  return {
    peer: decodeEd25519Id(peer, `${field}.peer`),
    addresses: list(addresses, MAX_ADDRESSES, `${field}.addresses`).map((bytes, i) => decodeAddress(bytes, `${field}.addresses[${i}]`))
  }
}

function tagsOf (tags: pb.Tag[]): Record<string, string> {
  const entries = list(tags, MAX_TAGS, 'tags').map(({ key, value }): [string, string] => {
    if (!TAG_KEY.test(key)) {
      throw new MalformedMessageError(`a tag's key must match ${TAG_KEY}`)
    }
    return [key, checkText(value, `tag ${key}`, 0)]
  })
  if (new Set(entries.map(([key]) => key)).size < entries.length) {
    throw new MalformedMessageError('a tag stands twice')
  }
  return Object.fromEntries(entries)
}

function forwarderOf (terms: pb.ForwarderTerms): ForwarderTerms {
  return {
    capacityBytesPerSecond: checkSafeInteger(terms.capacityBytesPerSecond, 'forwarder.capacityBytesPerSecond'),
    maxAttachments: checkInteger(terms.maxAttachments, MAX_UINT32, 'forwarder.maxAttachments'),
    maxNeighbours: checkInteger(terms.maxNeighbours, MAX_UINT32, 'forwarder.maxNeighbours')
  }
}

function rspOf (terms: pb.RspTerms): RspTerms {
  if (terms.mapKind !== MapKind.REPORTS && terms.mapKind !== MapKind.SURVEYS) {
    throw new MalformedMessageError('rsp.mapKind must be REPORTS or SURVEYS')
  }
  return {
    mapKind: terms.mapKind === MapKind.REPORTS ? 'reports' : 'surveys',
    metrics: list(terms.metrics, MAX_METRICS, 'rsp.metrics').map(metric => checkText(metric, 'rsp.metrics', 1)),
    priceMicro: checkUint64(terms.priceMicro, 'rsp.priceMicro'),
    ...(terms.clauses.length === 0 ? {} : { clauses: list(terms.clauses, MAX_CLAUSES, 'rsp.clauses').map(clause => checkText(clause, 'rsp.clauses', 1)) })
  }
}

function hostOf (terms: pb.HostTerms): HostTerms {
  const { byteLength } = terms.binding
  if (byteLength > MAX_BINDING_BYTES) {
    throw new MalformedMessageError(`host.binding has ${byteLength} bytes where ${MAX_BINDING_BYTES} are allowed`)
  }
  return { access: accessOf(terms), ...(byteLength === 0 ? {} : { binding: terms.binding }) }
}

function accessOf (terms: pb.HostTerms): Access[] {
  const access = list(terms.access, MAX_ACCESS, 'host.access').map(({ forwarder, rttUs, attached }, index) => ({
    forwarder: decodeEd25519Id(forwarder, `host.access[${index}].forwarder`),
    rttUs: checkInteger(rttUs, MAX_UINT32, `host.access[${index}].rttUs`),
    attached
  }))
  return distinct(access, ({ forwarder }) => forwarder, 'host.access')
}

export function decodeEd25519Id (bytes: Uint8Array, field: string): PeerId {
  const peer = decodePeerId(bytes, field)
  if (peer.type !== 'Ed25519') {
    throw new MalformedMessageError(`${field} is the id of a key of type ${peer.type}: byway's are Ed25519`)
  }
  return peer
}

function decodeAddress (bytes: Uint8Array, field: string): Multiaddr {
  if (bytes.byteLength === 0 || bytes.byteLength > MAX_ADDRESS_BYTES) {
    throw new MalformedMessageError(`${field} has ${bytes.byteLength} bytes: it must be 1 to ${MAX_ADDRESS_BYTES}`)
  }
  try {
    const address = multiaddr(bytes)
    address.toString() // values are text that is made on demand: make it while a failure is expected
    return address
  } catch (cause) {
    throw new MalformedMessageError(`${field} is not a multiaddr`, { cause })
  }
}

/** Control characters would let one node write into the terminals and logs of others. */
function checkText (text: string, field: string, minBytes: 0 | 1): string {
  const bytes = new TextEncoder().encode(text).byteLength
  if (bytes < minBytes || bytes > MAX_STRING_BYTES) {
    throw new MalformedMessageError(`${field} has ${bytes} bytes of UTF-8: it must be ${minBytes} to ${MAX_STRING_BYTES}`)
  }
  if (/\p{Cc}/u.test(text)) {
    throw new MalformedMessageError(`${field} has a control character in it`)
  }
  return text
}

function list<T> (items: T[], max: number, field: string): T[] {
  if (items.length > max) {
    throw new MalformedMessageError(`${field} has ${items.length} entries where ${max} are allowed`)
  }
  return items
}

function distinct<T> (items: T[], peerOf: (item: T) => PeerId, field: string): T[] {
  if (new Set(items.map(item => peerOf(item).toString())).size < items.length) {
    throw new MalformedMessageError(`${field} names a peer twice`)
  }
  return items
}

function toUint64 (value: number, field: string): bigint {
  return BigInt(checkInteger(value, Number.MAX_SAFE_INTEGER, field))
}
