/**
 * Messages of the report protocol ↔ what RSP and forwarder work with. The signed
 * report itself is in sealed-report.ts.
 */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, MAX_UINT32 } from '../field-checks.ts'
import { MAX_REPORT_BYTES, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, MAX_TARGETS, REPORT_DEADLINE_MS, REPORT_PROTOCOL } from './constants.ts'
import { Refusal, ReportRequest as WireRequest, ReportResponse as WireResponse } from './report.pb.ts'
import type { Method } from '../request-response.ts'
import type { WatchResponse as WireWatchResponse } from './report.pb.ts'

export { openReport, sealReport } from './sealed-report.ts'
export type { PolicyStatement } from './policy.ts'
export type { LinkMeasurement } from './link-measurement.ts'
export type { OpenReportOptions, ReportInit, VerifiedReport } from './sealed-report.ts'

/** Why a forwarder does not watch a target. */
export type RefusalReason = Exclude<`${Refusal}`, 'REFUSAL_UNKNOWN'>

export interface WatchRequest {
  /** signed descriptor of the caller, which must have the role RSP */
  descriptor: Uint8Array
  /** signed descriptors of the forwarders at the other ends; at most 256, replace those asked for before */
  targets: Uint8Array[]
  /** keep the links but do not measure them */
  connectOnly: boolean
  /** what the RSP wishes; the result says what it got */
  leaseMs: number
}

export interface WatchResult {
  leaseMs: number
  accepted: number
  /** `index` counts within `targets` */
  refused: Array<{ index: number, reason: RefusalReason }>
}

export interface SubscribeRequest {
  /** signed descriptor of the caller, which must have the role RSP */
  descriptor: Uint8Array
}

export type ReportRequest = { watch: WatchRequest } | { subscribe: SubscribeRequest }
export type ReportResponse = { watch: WatchResult } | { report: Uint8Array }

export const REPORT_METHOD: Method<ReportRequest, ReportResponse> = {
  protocol: REPORT_PROTOCOL,
  maxRequestBytes: MAX_REQUEST_BYTES,
  maxResponseBytes: MAX_RESPONSE_BYTES,
  deadlineMs: REPORT_DEADLINE_MS,
  encodeRequest,
  decodeRequest,
  encodeResponse,
  decodeResponse
}

export function encodeRequest (request: ReportRequest): Uint8Array {
  if ('subscribe' in request) {
    return WireRequest.encode({ subscribe: { descriptor: withArrayBuffer(request.subscribe.descriptor) } })
  }
  const { descriptor, targets, connectOnly, leaseMs } = request.watch
  if (targets.length > MAX_TARGETS) {
    throw new MalformedMessageError(`${targets.length} targets: ask one forwarder for at most ${MAX_TARGETS}`)
  }
  return WireRequest.encode({
    watch: {
      descriptor: withArrayBuffer(descriptor),
      targets: targets.map(withArrayBuffer),
      connectOnly,
      leaseMs: checkInteger(leaseMs, MAX_UINT32, 'lease_ms')
    }
  })
}

/** The descriptors in it are not opened: that needs the network's name and the caller. */
export function decodeRequest (bytes: Uint8Array): ReportRequest {
  const { watch, subscribe } = parse(() => WireRequest.decode(bytes), 'ReportRequest')
  if (watch != null && subscribe == null) {
    checkDescriptor(watch.descriptor, 'descriptor')
    watch.targets.forEach((target, i) => { checkDescriptor(target, `targets[${i}]`) })
    return { watch }
  }
  if (subscribe != null && watch == null) {
    checkDescriptor(subscribe.descriptor, 'descriptor')
    return { subscribe }
  }
  throw new MalformedMessageError('a request has exactly one of watch and subscribe')
}

export function encodeResponse (response: ReportResponse): Uint8Array {
  if ('report' in response) {
    return WireResponse.encode({ report: withArrayBuffer(response.report) })
  }
  const { leaseMs, accepted, refused } = response.watch

  return WireResponse.encode({
    watch: {
      leaseMs: checkInteger(leaseMs, MAX_UINT32, 'lease_ms'),
      accepted: checkInteger(accepted, MAX_TARGETS, 'accepted'),
      refused: refused.map(({ index, reason }) => ({ index: checkInteger(index, MAX_TARGETS - 1, 'index'), reason: Refusal[reason] }))
    },
    report: new Uint8Array(0)
  })
}

/** A report in it is not opened: `openReport` does. */
export function decodeResponse (bytes: Uint8Array): ReportResponse {
  const { watch, report } = parse(() => WireResponse.decode(bytes), 'ReportResponse')
  if (watch != null && report.length === 0) {
    return { watch: decodeWatchResult(watch) }
  }
  if (watch == null && report.length > 0 && report.length <= MAX_REPORT_BYTES) {
    return { report }
  }
  throw new MalformedMessageError(`a response has exactly one of watch and report, the latter of at most ${MAX_REPORT_BYTES} bytes`)
}

function decodeWatchResult ({ leaseMs, accepted, refused }: WireWatchResponse): WatchResult {
  const seen = new Set<number>()

  return {
    leaseMs,
    accepted: checkInteger(accepted, MAX_TARGETS, 'accepted'),
    refused: refused.map(({ index, reason }) => {
      if (seen.has(index)) {
        throw new MalformedMessageError(`target ${index} is refused twice`)
      }
      seen.add(index)
      if (reason === Refusal.REFUSAL_UNKNOWN) {
        throw new MalformedMessageError(`target ${index} is refused without a reason`)
      }
      return { index: checkInteger(index, MAX_TARGETS - 1, 'index'), reason }
    })
  }
}

function checkDescriptor (bytes: Uint8Array, field: string): void {
  if (bytes.length === 0) {
    throw new MalformedMessageError(`${field} is empty: it must be a signed descriptor`)
  }
}

/** Runs a protobuf decoder; whatever it throws means that the bytes are not the message. */
function parse<T> (decode: () => T, message: string): T {
  try {
    return decode()
  } catch (cause) {
    throw new MalformedMessageError(`the bytes are not a ${message}: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}
