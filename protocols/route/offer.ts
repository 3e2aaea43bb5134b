/**
 * Offers: how an RSP signs the paths it answers with, and how anyone who is shown one
 * path checks it. One signature covers a Merkle tree over any number of paths, so an
 * RSP signs once for a batch of answers and a host can show each path alone.
 */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { ExpiredError, InvalidSignatureError, MalformedMessageError } from '../errors.ts'
import { CLOCK_SKEW_MS, HASH_BYTES, MAX_OFFER_LIFE_MS, MAX_TREE_SIZE, ROOT_DOMAIN, SIGNATURE_BYTES } from './constants.ts'
import { InvalidProofError, NotYetValidError, OfferMismatchError } from './errors.ts'
import { MerkleTree, verifyAuditPath } from './merkle.ts'
import { decodePath, encodePath, pathTag } from './path.ts'
import type { Path, PathInit } from './path.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export { InvalidProofError, NotYetValidError, OfferMismatchError, PathNotSimpleError, PathTooLongError } from './errors.ts'
export { pathTag } from './path.ts'
export type { Path, PathInit, Prediction } from './path.ts'

export interface SignedRoot {
  rsp: PeerId
  root: Uint8Array
  treeSize: number
  issuedAtMs: number
  signature: Uint8Array
}

/** One path with its proof; worth nothing without the signed root. */
export interface Offer {
  /** an encoded Path: exactly the bytes of the leaf */
  path: Uint8Array
  leafIndex: number
  /** sibling hashes, leaf to root */
  proof: Uint8Array[]
}

/** What an RSP answers, and the form in which a host shows a path: a root and offers under it. */
export interface SignedOffers {
  root: SignedRoot
  offers: Offer[]
}

/** The paths that answer one query. */
export interface Answer {
  paths: PathInit[]
  queryDigest: Uint8Array
  sourceCommitment: Uint8Array
  destinationCommitment: Uint8Array
}

export interface SignOptions {
  /** the RSP's; Ed25519, because verifiers take the key from the peer id */
  privateKey: PrivateKey
  nowMs: number
}

const verified = Symbol('verified')

/** A root whose signature and age were checked; only `verifyRoot` makes one. */
export interface VerifiedRoot extends SignedRoot {
  readonly [verified]: true
}

export interface RootExpectation {
  /** who must have signed; without it, whoever the root names: judge `rsp` of the result */
  expectedRsp?: PeerId
  nowMs: number
}

export interface OfferExpectation {
  /** the query that the offer must answer; a forwarder that is shown a path does not know it */
  queryDigest?: Uint8Array
  nowMs: number
}

/** A path that its RSP vouches for, with what is needed to show it to a forwarder. */
export interface VerifiedPath extends Path {
  tag: Uint8Array
  offer: Offer
  root: SignedRoot
}

/** Signs the answer to one query. No paths give a root over nothing. */
export async function signOffers (
  paths: PathInit[],
  { privateKey, nowMs, ...query }: Omit<Answer, 'paths'> & SignOptions
): Promise<SignedOffers> {
  const { root, offers } = await signAnswers([{ paths, ...query }], { privateKey, nowMs })

  return { root, offers: offers[0] }
}

/** Signs the answers to several queries with one root; `offers[i]` belong to `answers[i]`. */
export async function signAnswers (
  answers: Answer[],
  options: SignOptions
): Promise<{ root: SignedRoot, offers: Offer[][] }> {
  const rsp = peerIdFromPrivateKey(options.privateKey)

  return signLeaves(answers.map(answer => encodeLeaves(answer, rsp, options.nowMs)), options)
}

/**
 * The leaves of one answer, to be signed together with others'.
 *
 * @param nowMs - of the root
 * @throws what one of its paths is refused for
 */
export function encodeLeaves ({ paths, ...query }: Answer, rsp: PeerId, nowMs: number): Uint8Array[] {
  return paths.map(path => encodeLeaf({ ...path, ...query, rsp }, nowMs))
}

/** As `signAnswers`, of what `encodeLeaves` gave for each answer. */
export async function signLeaves (
  leaves: Uint8Array[][],
  { privateKey, nowMs }: SignOptions
): Promise<{ root: SignedRoot, offers: Offer[][] }> {
  if (privateKey.type !== 'Ed25519') {
    throw new TypeError(`offers are signed with Ed25519, not ${privateKey.type}: give the RSP an Ed25519 key`)
  }
  const rsp = peerIdFromPrivateKey(privateKey)
  const tree = new MerkleTree(leaves.flat())
  const unsigned = { rsp, root: tree.root, treeSize: tree.size, issuedAtMs: nowMs }
  const signature = await privateKey.sign(signedBytes(unsigned))
  let leafIndex = 0
  const offers = leaves.map(ofAnswer => ofAnswer.map(path => {
    const offer = { path, leafIndex, proof: tree.auditPath(leafIndex) }
    leafIndex++
    return offer
  }))

  return { root: { ...unsigned, signature }, offers }
}

/**
 * Checks signer, signature and age of a root. The signature costs more than all else
 * about an offer: check it once for all offers under the root.
 */
export async function verifyRoot (root: SignedRoot, { expectedRsp, nowMs }: RootExpectation): Promise<VerifiedRoot> {
  if (root.root.length !== HASH_BYTES || root.signature.length !== SIGNATURE_BYTES || root.treeSize > MAX_TREE_SIZE) {
    throw new MalformedMessageError('the root is not a signed root: its hash, signature or tree size is out of bounds')
  }
  if (expectedRsp != null && !root.rsp.equals(expectedRsp)) {
    throw new InvalidSignatureError(`the root is signed by ${root.rsp.toString()}, not by ${expectedRsp.toString()}`)
  }
  if (root.issuedAtMs > nowMs + CLOCK_SKEW_MS) {
    throw new NotYetValidError('the root was issued in the future: compare the clocks', root.issuedAtMs)
  }
  checkExpiry(root.issuedAtMs + MAX_OFFER_LIFE_MS, nowMs)
  await checkSignature(root)

  return { ...root, [verified]: true }
}

/** Checks one offer under a root that was checked already. Cheap: no signature. */
export function verifyOfferUnder (root: VerifiedRoot, offer: Offer, { queryDigest, nowMs }: OfferExpectation): VerifiedPath {
  const isLeaf = verifyAuditPath({
    leaf: offer.path,
    index: offer.leafIndex,
    treeSize: root.treeSize,
    path: offer.proof,
    root: root.root
  })
  if (!isLeaf) {
    throw new InvalidProofError(`the path is not leaf ${offer.leafIndex} under the signed root`)
  }
  const path = decodePath(offer.path)
  if (!path.rsp.equals(root.rsp)) {
    throw new InvalidSignatureError(`the path speaks for ${path.rsp.toString()} but ${root.rsp.toString()} signed it`)
  }
  if (queryDigest != null && !equals(path.queryDigest, queryDigest)) {
    throw new OfferMismatchError('the offer answers another query')
  }
  checkTimes(path, root.issuedAtMs, nowMs)
  const { [verified]: _, ...shown } = root

  return { ...path, tag: pathTag(path.rsp, path.pathNumber), offer, root: shown }
}

/** Checks a single offer that is shown alone: root and path in one step. */
export async function verifyOffer (
  offer: Offer,
  root: SignedRoot,
  expected: RootExpectation & OfferExpectation
): Promise<VerifiedPath> {
  return verifyOfferUnder(await verifyRoot(root, expected), offer, expected)
}

function encodeLeaf (path: Path, issuedAtMs: number): Uint8Array {
  checkLife(path, issuedAtMs)
  return encodePath(path)
}

/** `byway-path-root`, root hash, tree size and issue time, both as 64-bit big-endian. */
function signedBytes ({ root, treeSize, issuedAtMs }: Omit<SignedRoot, 'signature'>): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, BigInt(treeSize))
  numbers.setBigUint64(8, BigInt(issuedAtMs))

  return concat([fromString(ROOT_DOMAIN), root, new Uint8Array(numbers.buffer)])
}

async function checkSignature (root: SignedRoot): Promise<void> {
  const key = root.rsp.publicKey
  let isValid = false
  if (key?.type === 'Ed25519') {
    // some implementations throw for a key that is no point of the curve
    isValid = await (async () => key.verify(signedBytes(root), root.signature))().catch(() => false)
  }
  if (!isValid) {
    throw new InvalidSignatureError(`the root does not carry an Ed25519 signature of ${root.rsp.toString()}`)
  }
}

function checkTimes (path: Path, issuedAtMs: number, nowMs: number): void {
  checkLife(path, issuedAtMs)
  checkExpiry(path.expiresAtMs, nowMs)
  if (path.notBeforeMs > nowMs + CLOCK_SKEW_MS) {
    throw new NotYetValidError(`the path holds from ${new Date(path.notBeforeMs).toISOString()} on`, path.notBeforeMs)
  }
}

function checkLife (path: PathInit, issuedAtMs: number): void {
  if (path.expiresAtMs - issuedAtMs > MAX_OFFER_LIFE_MS) {
    throw new MalformedMessageError(`a path expires at most ${MAX_OFFER_LIFE_MS} ms after its root was issued`)
  }
}

function checkExpiry (expiresAtMs: number, nowMs: number): void {
  if (expiresAtMs < nowMs - CLOCK_SKEW_MS) {
    throw new ExpiredError(`the offer expired at ${new Date(expiresAtMs).toISOString()}: ask the RSP again`)
  }
}
