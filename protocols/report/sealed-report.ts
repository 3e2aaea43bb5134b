/**
 * The report as such: what a forwarder says of its links, signed, so that an RSP can
 * hold it to it and pass it on with its provenance.
 */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError } from '../errors.ts'
import { checkInteger, checkSafeInteger, checkUint64 } from '../field-checks.ts'
import { decodePeerId, encodePeerId, findRepeated } from '../peer-ids.ts'
import { checkSignature, parseRecord, sealedBytes, sealRecord } from '../signed-record.ts'
import { CLOCK_SKEW_MS, MAX_LINKS, MAX_PRICE_MICRO_PER_GB, MAX_REPORT_AGE_MS, MAX_REPORT_BYTES, REPORT_CODEC, REPORT_DOMAIN } from './constants.ts'
import { decodeLinks, encodeLink } from './link-measurement.ts'
import { decodePolicy, encodePolicy } from './policy.ts'
import { Report } from './report.pb.ts'
import type { LinkMeasurement } from './link-measurement.ts'
import type { RecordKind } from '../signed-record.ts'
import type { PolicyStatement } from './policy.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const REPORT: RecordKind<Report> = { name: 'a report', domain: REPORT_DOMAIN, codec: REPORT_CODEC, decode: Report.decode }

export interface ReportInit {
  /** rises with each report of the forwarder's process */
  sequence: bigint
  issuedAtMs: number
  /** every watched link is in it; links not named are gone */
  full: boolean
  /** at most 512, no peer twice, never the forwarder itself */
  links: LinkMeasurement[]
  /** what the forwarder carries now */
  loadBytesPerSecond: bigint
  /** in full reports only; absent: paths of anyone are taken */
  policy?: PolicyStatement
  /** what the operator asks per 10⁹ bytes sent on to another forwarder, in millionths of its unit; absent: nothing */
  priceMicroPerGb?: number
}

export interface VerifiedReport extends ReportInit {
  forwarder: PeerId
  /** the signed bytes, to keep or pass on as proof */
  sealed: Uint8Array
}

export interface OpenReportOptions {
  expectedPeer: PeerId
  /** Unix time */
  nowMs: number
}

/** Signs a report of the forwarder that has this key. */
export async function sealReport (init: ReportInit, privateKey: PrivateKey): Promise<Uint8Array> {
  const forwarder = peerIdFromPrivateKey(privateKey)
  checkLinks(forwarder, init.links)
  checkPolicyPlace(init)
  const payload = Report.encode({
    forwarder: encodePeerId(forwarder),
    sequence: checkUint64(init.sequence, 'sequence'),
    issuedAtMs: BigInt(checkSafeInteger(init.issuedAtMs, 'issued_at_ms')),
    full: init.full,
    links: init.links.map(encodeLink),
    loadBytesPerSecond: checkUint64(init.loadBytesPerSecond, 'load_bytes_per_second'),
    policy: init.policy === undefined ? undefined : encodePolicy(init.policy),
    priceMicroPerGb: checkInteger(init.priceMicroPerGb ?? 0, MAX_PRICE_MICRO_PER_GB, 'price_micro_per_gb')
  })
  return sealRecord(REPORT, payload, privateKey)
}

/** Checks from cheap to dear; the signature comes last but before anything is believed. */
export async function openReport (sealed: Uint8Array, { expectedPeer, nowMs }: OpenReportOptions): Promise<VerifiedReport> {
  if (sealed.length > MAX_REPORT_BYTES) {
    throw new MessageTooLargeError(`a report of ${sealed.length} bytes: the limit is ${MAX_REPORT_BYTES}`)
  }
  const record = parseRecord(REPORT, sealed)
  const { signer, message: wire } = record
  const forwarder = decodePeerId(wire.forwarder, 'forwarder')
  if (!signer.equals(expectedPeer) || !forwarder.equals(expectedPeer)) {
    throw new InvalidSignatureError(`a report of ${forwarder.toString()} signed by ${signer.toString()} where one of ${expectedPeer.toString()} was expected`)
  }
  const issuedAtMs = checkSafeInteger(wire.issuedAtMs, 'issued_at_ms')
  checkAge(issuedAtMs, nowMs)
  const links = decodeLinks(wire.links)
  checkLinks(forwarder, links)
  checkPolicyPlace(wire)
  const policy = wire.policy == null ? undefined : decodePolicy(wire.policy)
  const priceMicroPerGb = checkInteger(wire.priceMicroPerGb, MAX_PRICE_MICRO_PER_GB, 'price_micro_per_gb')
  await checkSignature(REPORT, record)

  return {
    forwarder,
    sequence: wire.sequence,
    issuedAtMs,
    full: wire.full,
    links,
    loadBytesPerSecond: wire.loadBytesPerSecond,
    ...(policy !== undefined && { policy }),
    priceMicroPerGb,
    sealed: sealedBytes(record)
  }
}

function checkAge (issuedAtMs: number, nowMs: number): void {
  if (issuedAtMs < nowMs - MAX_REPORT_AGE_MS - CLOCK_SKEW_MS) {
    throw new ExpiredError(`the report is ${nowMs - issuedAtMs} ms old, at most ${MAX_REPORT_AGE_MS} are of use`)
  }
  if (issuedAtMs > nowMs + CLOCK_SKEW_MS) {
    throw new ExpiredError(`the report is from ${issuedAtMs - nowMs} ms in the future: compare the clocks`)
  }
}

function checkLinks (forwarder: PeerId, links: LinkMeasurement[]): void {
  if (links.length > MAX_LINKS) {
    throw new MalformedMessageError(`a report has at most ${MAX_LINKS} links, not ${links.length}`)
  }
  const peers = links.map(({ peer }) => peer)
  const repeated = findRepeated([forwarder, ...peers])
  if (repeated != null) {
    throw new MalformedMessageError(`links names ${repeated.toString()} twice, or the forwarder itself`)
  }
}

function checkPolicyPlace ({ full, policy }: { full: boolean, policy?: unknown }): void {
  if (policy != null && !full) {
    throw new MalformedMessageError('a policy stands in full reports only')
  }
}
