/** Questions and answers of the exchange protocol ↔ what two RSPs work with. The signed batch itself is in sealed-batch.ts. */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, checkUint64, MAX_UINT32 } from '../field-checks.ts'
import { decodeDistinctPeerIds, encodePeerId } from '../peer-ids.ts'
import { MAX_SCOPE_NODES, MAX_SCOPE_TAGS, MAX_TAG_BYTES, MAX_WAIT_MS } from './constants.ts'
import type { Scope } from './exchange.pb.ts'
import { Next, NextBatch, Subscribe, Subscribed } from './exchange.pb.ts'
import type { PeerId } from '@libp2p/interface'

/** Which links are wanted. Neither nodes nor tags: all. Otherwise those with an end that is named or has one of the tags. */
export interface ExchangeScope {
  /** at most 512, none twice */
  nodes: readonly PeerId[]
  /** at most 16, as in the forwarders' own descriptors */
  tags: ReadonlyArray<{ key: string, value: string }>
  /** both ends must be so */
  bothEnds: boolean
}

export const EVERYTHING: ExchangeScope = { nodes: [], tags: [], bothEnds: false }

export interface SubscribeRequest {
  /** signed descriptor of the caller, which must have the role RSP */
  descriptor: Uint8Array
  scope: ExchangeScope
  /** what the caller wishes; the answer says what it got */
  leaseMs: number
}

export interface SubscribeAnswer {
  leaseMs: number
  /** links that are told of at most */
  maxLinks: number
  measurementsPerMinute: number
}

export interface NextRequest {
  /** sequence of the last batch that was taken; 0: begin anew */
  after: bigint
  /** at most 20 s */
  waitMs: number
}

export function encodeSubscribe ({ descriptor, scope, leaseMs }: SubscribeRequest): Uint8Array {
  return Subscribe.encode({
    descriptor: withArrayBuffer(descriptor),
    scope: { nodes: scope.nodes.map(encodePeerId), tags: checkTags(scope.tags).map(({ key, value }) => ({ key, value })), bothEnds: scope.bothEnds },
    leaseMs: checkInteger(leaseMs, MAX_UINT32, 'lease_ms')
  })
}

/** @throws MalformedMessageError, or what protobuf throws */
export function decodeSubscribe (bytes: Uint8Array): SubscribeRequest {
  const { descriptor, scope, leaseMs } = Subscribe.decode(bytes)
  if (descriptor.length === 0) {
    throw new MalformedMessageError('a subscription without the descriptor of the subscriber')
  }
  return { descriptor, scope: scope == null ? EVERYTHING : decodeScope(scope), leaseMs }
}

export function encodeSubscribed (answer: SubscribeAnswer): Uint8Array {
  return Subscribed.encode(answer)
}

export function decodeSubscribed (bytes: Uint8Array): SubscribeAnswer {
  const { leaseMs, maxLinks, measurementsPerMinute } = Subscribed.decode(bytes)
  return { leaseMs, maxLinks, measurementsPerMinute }
}

export function encodeNext ({ after, waitMs }: NextRequest): Uint8Array {
  return Next.encode({ after: checkUint64(after, 'after'), waitMs: checkInteger(waitMs, MAX_WAIT_MS, 'wait_ms') })
}

export function decodeNext (bytes: Uint8Array): NextRequest {
  const { after, waitMs } = Next.decode(bytes)
  return { after, waitMs: checkInteger(waitMs, MAX_WAIT_MS, 'wait_ms') }
}

/** @param batch - sealed; undefined: nothing has changed */
export function encodeNextBatch (batch: Uint8Array | undefined): Uint8Array {
  return NextBatch.encode({ batch: withArrayBuffer(batch ?? new Uint8Array(0)) })
}

export function decodeNextBatch (bytes: Uint8Array): Uint8Array | undefined {
  const { batch } = NextBatch.decode(bytes)
  return batch.length === 0 ? undefined : batch
}

function decodeScope ({ nodes, tags, bothEnds }: Scope): ExchangeScope {
  if (nodes.length > MAX_SCOPE_NODES) {
    throw new MalformedMessageError(`${nodes.length} nodes in a scope: at most ${MAX_SCOPE_NODES} are allowed`)
  }
  return { nodes: decodeDistinctPeerIds(nodes, 'nodes'), tags: checkTags(tags), bothEnds }
}

function checkTags<T extends { key: string, value: string }> (tags: readonly T[]): readonly T[] {
  if (tags.length > MAX_SCOPE_TAGS) {
    throw new MalformedMessageError(`${tags.length} tags in a scope: at most ${MAX_SCOPE_TAGS} are allowed`)
  }
  for (const text of tags.flatMap(({ key, value }) => [key, value])) {
    if (text.length === 0 || new TextEncoder().encode(text).length > MAX_TAG_BYTES) {
      throw new MalformedMessageError(`a tag's key and value have 1 to ${MAX_TAG_BYTES} bytes each`)
    }
  }
  return tags
}
