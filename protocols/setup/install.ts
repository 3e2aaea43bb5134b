/**
 * What an install must be before anybody spends a signature check or a table entry on it: the table "Authority" of the README,
 * without policy. In the order of cost, and pure:
 *
 *   VerifiedPaths.peek ─▶ openInstall ─▶ checkPlace ─▶ (cookie, puzzle) ─▶ verifyOrder
 */
import { equals } from 'uint8arrays/equals'
import { InvalidSignatureError, MalformedMessageError, NotAuthorizedError } from '../errors.ts'
import { nodeIdOf } from '../forward/node-id.ts'
import { commit } from '../route/codec.ts'
import { checkOrderAge, decodeOrder, verifyOrderSignature } from './order.ts'
import type { Install, Proof } from './codec.ts'
import type { OpenedOrder } from './order.ts'
import type { ShownPath } from './verified-paths.ts'
import type { Label } from '../forward/labelled.ts'
import type { NodeId } from '../forward/node-id.ts'
import type { PeerId } from '@libp2p/interface'

/** An install whose path and order belong together, seen from the node that it is for. */
export interface OpenedInstall {
  path: ShownPath
  order: OpenedOrder
  orderBytes: Uint8Array
  orderId: Uint8Array
  signature?: Uint8Array
  index: number
  /** the last forwarder: its next hop is the destination */
  isExit: boolean
  isDestination: boolean
  /** who stands at `index` */
  receiver: PeerId
  /** the hop before */
  previous: PeerId
  previousNode: NodeId
  /** the next hop; none at the destination */
  next?: PeerId
  nextNode?: NodeId
  backLabel?: Label
  bound: boolean
  proofs: Proof[]
}

/** Who the caller is to an install. Both at the first forwarder, when the source asks it. */
export interface Place {
  /** a pass, or the first install of a source: labels are exchanged with this caller */
  isHopBefore: boolean
  /** its connection proves what the order's signature would */
  isSource: boolean
}

/**
 * Checks all that needs neither signature nor policy nor caller. Throws MalformedMessageError, and NotAuthorizedError for ends
 * that the path was not made for. `order` is that of the install, for who has decoded it already.
 */
export function openInstall (install: Install, path: ShownPath, order: OpenedOrder = decodeOrder(install.order)): OpenedInstall {
  const { index, signature, backLabel, bound, proofs } = install
  checkBelongs(order, path)
  const { forwarders } = path
  if (index > forwarders.length) {
    throw new MalformedMessageError(`index ${index} on a path of ${forwarders.length} forwarders`)
  }
  const isDestination = index === forwarders.length
  const isExit = index === forwarders.length - 1
  return {
    path,
    order,
    orderBytes: install.order,
    orderId: order.id,
    signature,
    index,
    isExit,
    isDestination,
    receiver: isDestination ? order.destination : forwarders[index],
    previous: index === 0 ? order.source : forwarders[index - 1],
    previousNode: index === 0 ? nodeIdOf(order.source) : path.forwarderNodes[index - 1],
    next: isExit ? order.destination : forwarders[index + 1],
    nextNode: isExit ? nodeIdOf(order.destination) : path.forwarderNodes[index + 1],
    backLabel,
    bound,
    proofs
  }
}

/**
 * Throws MalformedMessageError when `self` is not who should have got the install, or a back label or `bound` does not go with the
 * caller, and NotAuthorizedError when the caller is neither the hop before nor the source.
 */
export function checkPlace (opened: OpenedInstall, { self, caller }: { self: PeerId, caller: PeerId }): Place {
  if (!opened.receiver.equals(self)) {
    throw new MalformedMessageError(`another node is at index ${opened.index} of the path`)
  }
  const place = { isHopBefore: opened.previous.equals(caller), isSource: opened.order.source.equals(caller) }
  if (!place.isHopBefore && !place.isSource) {
    throw new NotAuthorizedError('only the hop before or the source asks for a part of a path')
  }
  checkBackLabel(opened, place)
  checkBound(opened, place)
  return place
}

/**
 * Checks the age of an order and then its signature; where the caller is the source, `checkOrderAge` (order.ts) is enough. Throws
 * ExpiredError, and InvalidSignatureError: at once where the platform checks signatures at once, as Node does, else the promise
 * rejects with it.
 */
export function verifyOrder ({ order, orderBytes, signature }: OpenedInstall, nowMs: number): Promise<void> | undefined {
  checkOrderAge(order, nowMs)
  const verdict = signature != null && verifyOrderSignature(orderBytes, signature, order.source)
  if (typeof verdict === 'boolean') {
    checkVerdict(verdict)
    return undefined
  }
  return verdict.then(checkVerdict)
}

function checkBelongs (order: OpenedOrder, path: ShownPath): void {
  const { source, destination } = order
  if (!equals(order.pathDigest, path.pathDigest)) {
    throw new MalformedMessageError('the order is for another path')
  }
  if (source.equals(destination)) {
    throw new MalformedMessageError('source and destination are the same')
  }
  if (path.forwarders.some(forwarder => forwarder.equals(source) || forwarder.equals(destination))) {
    throw new MalformedMessageError('an end of the path is one of its forwarders')
  }
  if (!equals(commit(order.sourceSalt, source), path.sourceCommitment)) {
    throw new NotAuthorizedError('the path was not made for this source')
  }
  if (!equals(commit(order.destinationSalt, destination), path.destinationCommitment)) {
    throw new NotAuthorizedError('the path was not made for this destination')
  }
}

/** Labels are for the two neighbours that use them. */
function checkBackLabel ({ backLabel, order }: OpenedInstall, { isHopBefore }: Place): void {
  if (backLabel != null && !isHopBefore) {
    throw new MalformedMessageError('only the hop before gives a back label')
  }
  if (backLabel == null && isHopBefore && order.want === 'labels') {
    throw new MalformedMessageError('the hop before has to give a back label')
  }
}

/** Hop by hop: labels only where the next hop is a forwarder, since the exit passes on to the destination in either style. */
function checkBound ({ bound, order, isExit, isDestination }: OpenedInstall, { isSource }: Place): void {
  if (bound && (!isSource || isDestination || (isExit && order.want === 'labels'))) {
    throw new MalformedMessageError('bound is for what a source asks hop by hop, of forwarders, and for labels not of the exit')
  }
}

function checkVerdict (isSigned: boolean): void {
  if (!isSigned) {
    throw new InvalidSignatureError('the order does not carry a signature of its source')
  }
}
