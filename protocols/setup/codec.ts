/**
 * Messages of the set-up protocol ↔ what its ends work with; orders are in order.ts, because their bytes are signed. The same
 * checks hold for what is sent and for what is received: whatever is odd is a MalformedMessageError. What a decoder gives shares no
 * memory with the bytes that it read.
 */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, checkLength } from '../field-checks.ts'
import { AUTHENTICATOR_BYTES } from '../forward/constants.ts'
import { decoded } from '../method.ts'
import { SIGNATURE_BYTES } from '../route/constants.ts'
import { CHAIN_BYTES, COOKIE_BYTES, MAX_INDEX, MAX_LEASE_MS, MAX_PROOFS, ORDER_ID_BYTES, SOLUTION_BYTES } from './constants.ts'
import {
  checkBody, checkPresent, copyOfLength, decodeLabel, decodeOptional, decodeOptionalLabel, encodeLabel, encodeOptional,
  encodeOptionalLabel
} from './fields.ts'
import {
  Bind as WireBind, Bound as WireBound, Install as WireInstall, Installed as WireInstalled, Refresh as WireRefresh,
  Refreshed as WireRefreshed, Remove as WireRemove
} from './setup.pb.ts'
import type { Label } from '../forward/labelled.ts'
import type { Proof as WireProof } from './setup.pb.ts'

export { decodeFailure, encodeFailure } from './failure.ts'
export type { Challenge, Failure } from './failure.ts'

/** What answers the challenge of the node at an index. */
export interface Proof {
  /** 0–16 */
  index: number
  /** 20 bytes */
  cookie: Uint8Array
  /** 8 bytes, where a puzzle was asked for */
  solution?: Uint8Array
}

/** Asks a node for its part of a path. */
export interface Install {
  /** an encoded answer of the route protocol, with the root and one offer (verified-paths.ts) */
  authority: Uint8Array
  /** an encoded Order (order.ts) */
  order: Uint8Array
  /** of the source over the order, 64 bytes */
  signature?: Uint8Array
  /** place of the receiver among the forwarders; their number means the destination */
  index: number
  /** for packets back to the caller, if that is the hop before */
  backLabel?: Label
  /** hop by hop: pass nothing on */
  bound: boolean
  /** at most 16, of one index each */
  proofs: Proof[]
}

export interface Installed {
  /** for packets from the caller, if that is the hop before */
  label?: Label
  /** at most 60,000 */
  leaseMs: number
  /** of the destination over the order's id, 64 bytes, if it was asked */
  echo?: Uint8Array
  /** 8 bytes each: of the receiver and those behind it, in walking order; at most 16 */
  authenticators: Uint8Array[]
}

export interface Bind {
  /** 16 bytes */
  orderId: Uint8Array
  /** for packets back to the caller */
  backLabel: Label
}

export interface Bound {
  /** for packets from the caller */
  label: Label
}

export interface Refresh {
  /** as the receiver gave it to the caller */
  label: Label
  /** 16 bytes: the next value of the chain (refresh-chain.ts) */
  chain: Uint8Array
}

export interface Refreshed {
  /** at most 60,000 */
  leaseMs: number
}

/** Exactly one of the two. */
export interface Remove {
  /** as the receiver gave it to the caller */
  label?: Label
  /** 16 bytes: of an entry that is not bound yet; only from its source */
  orderId?: Uint8Array
}

export function encodeInstall (install: Install): Uint8Array {
  const { authority, order, signature, index, backLabel, bound, proofs } = install
  checkProofs(proofs)
  return checkBody(WireInstall.encode({
    authority: withArrayBuffer(checkPresent(authority, 'authority')),
    order: withArrayBuffer(checkPresent(order, 'order')),
    signature: encodeOptional(signature, SIGNATURE_BYTES, 'signature'),
    index: checkInteger(index, MAX_INDEX, 'index'),
    backLabel: encodeOptionalLabel(backLabel),
    bound,
    proofs: proofs.map(encodeProof)
  }))
}

export function decodeInstall (bytes: Uint8Array): Install {
  const wire = decoded(() => WireInstall.decode(checkBody(bytes)), 'Install')
  return {
    authority: new Uint8Array(checkPresent(wire.authority, 'authority')),
    order: new Uint8Array(checkPresent(wire.order, 'order')),
    signature: decodeOptional(wire.signature, SIGNATURE_BYTES, 'signature'),
    index: checkInteger(wire.index, MAX_INDEX, 'index'),
    backLabel: decodeOptionalLabel(wire.backLabel, 'back_label'),
    bound: wire.bound,
    proofs: checkProofs(wire.proofs.map(decodeProof))
  }
}

export function encodeInstalled ({ label, leaseMs, echo, authenticators }: Installed): Uint8Array {
  if (authenticators.length > MAX_INDEX) {
    throw new MalformedMessageError(`${authenticators.length} authenticators: a path has at most ${MAX_INDEX} forwarders`)
  }
  return WireInstalled.encode({
    label: encodeOptionalLabel(label),
    leaseMs: checkInteger(leaseMs, MAX_LEASE_MS, 'lease_ms'),
    echo: encodeOptional(echo, SIGNATURE_BYTES, 'echo'),
    authenticators: authenticators.map(authenticator => withArrayBuffer(checkLength(authenticator, AUTHENTICATOR_BYTES, 'authenticators')))
  })
}

export function decodeInstalled (bytes: Uint8Array): Installed {
  const wire = decoded(() => WireInstalled.decode(checkBody(bytes)), 'Installed')
  return {
    label: decodeOptionalLabel(wire.label, 'label'),
    leaseMs: checkInteger(wire.leaseMs, MAX_LEASE_MS, 'lease_ms'),
    echo: decodeOptional(wire.echo, SIGNATURE_BYTES, 'echo'),
    authenticators: wire.authenticators.map(authenticator => copyOfLength(authenticator, AUTHENTICATOR_BYTES, 'authenticators'))
  }
}

export function encodeBind ({ orderId, backLabel }: Bind): Uint8Array {
  return WireBind.encode({ orderId: withArrayBuffer(checkLength(orderId, ORDER_ID_BYTES, 'order_id')), backLabel: encodeLabel(backLabel) })
}

export function decodeBind (bytes: Uint8Array): Bind {
  const wire = decoded(() => WireBind.decode(checkBody(bytes)), 'Bind')
  return { orderId: copyOfLength(wire.orderId, ORDER_ID_BYTES, 'order_id'), backLabel: decodeLabel(wire.backLabel, 'back_label') }
}

export function encodeBound ({ label }: Bound): Uint8Array {
  return WireBound.encode({ label: encodeLabel(label) })
}

export function decodeBound (bytes: Uint8Array): Bound {
  return { label: decodeLabel(decoded(() => WireBound.decode(checkBody(bytes)), 'Bound').label, 'label') }
}

export function encodeRefresh ({ label, chain }: Refresh): Uint8Array {
  return WireRefresh.encode({ label: encodeLabel(label), chain: withArrayBuffer(checkLength(chain, CHAIN_BYTES, 'chain')) })
}

export function decodeRefresh (bytes: Uint8Array): Refresh {
  const wire = decoded(() => WireRefresh.decode(checkBody(bytes)), 'Refresh')
  return { label: decodeLabel(wire.label, 'label'), chain: copyOfLength(wire.chain, CHAIN_BYTES, 'chain') }
}

export function encodeRefreshed ({ leaseMs }: Refreshed): Uint8Array {
  return WireRefreshed.encode({ leaseMs: checkInteger(leaseMs, MAX_LEASE_MS, 'lease_ms') })
}

export function decodeRefreshed (bytes: Uint8Array): Refreshed {
  const wire = decoded(() => WireRefreshed.decode(checkBody(bytes)), 'Refreshed')
  return { leaseMs: checkInteger(wire.leaseMs, MAX_LEASE_MS, 'lease_ms') }
}

export function encodeRemove (remove: Remove): Uint8Array {
  checkOneOf(remove.label != null, remove.orderId != null)
  return WireRemove.encode({
    label: encodeOptionalLabel(remove.label),
    orderId: encodeOptional(remove.orderId, ORDER_ID_BYTES, 'order_id')
  })
}

export function decodeRemove (bytes: Uint8Array): Remove {
  const { label, orderId } = decoded(() => WireRemove.decode(checkBody(bytes)), 'Remove')
  checkOneOf(label.length > 0, orderId.length > 0)
  return label.length > 0 ? { label: decodeLabel(label, 'label') } : { orderId: copyOfLength(orderId, ORDER_ID_BYTES, 'order_id') }
}

function encodeProof ({ index, cookie, solution }: Proof): WireProof {
  return {
    index,
    cookie: withArrayBuffer(checkLength(cookie, COOKIE_BYTES, 'cookie')),
    solution: encodeOptional(solution, SOLUTION_BYTES, 'solution')
  }
}

function decodeProof ({ index, cookie, solution }: WireProof): Proof {
  return { index, cookie: copyOfLength(cookie, COOKIE_BYTES, 'cookie'), solution: decodeOptional(solution, SOLUTION_BYTES, 'solution') }
}

function checkProofs (proofs: Proof[]): Proof[] {
  if (proofs.length > MAX_PROOFS) {
    throw new MalformedMessageError(`${proofs.length} proofs: at most ${MAX_PROOFS} are allowed`)
  }
  let seen = 0
  for (const { index } of proofs) {
    const bit = 1 << checkInteger(index, MAX_INDEX, 'proofs.index')
    if ((seen & bit) !== 0) {
      throw new MalformedMessageError(`two proofs are for the node at index ${index}`)
    }
    seen |= bit
  }
  return proofs
}

function checkOneOf (hasLabel: boolean, hasOrderId: boolean): void {
  if (hasLabel === hasOrderId) {
    throw new MalformedMessageError('a removal names a label or an order, and not both')
  }
}
