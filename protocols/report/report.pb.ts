import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface ReportRequest {
  watch?: WatchRequest
  subscribe?: SubscribeRequest
}

export namespace ReportRequest {
  let _codec: Codec<ReportRequest>

  export const codec = (): Codec<ReportRequest> => {
    if (_codec == null) {
      _codec = message<ReportRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.watch != null) {
          w.uint32(10)
          WatchRequest.codec().encode(obj.watch, w)
        }

        if (obj.subscribe != null) {
          w.uint32(18)
          SubscribeRequest.codec().encode(obj.subscribe, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.watch = WatchRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.watch
              })
              break
            }
            case 2: {
              obj.subscribe = SubscribeRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.subscribe
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WatchRequest.codec().stream(reader, reader.uint32(), `${prefix}.watch`, {
                limits: opts.limits?.watch
              })

              break
            }
            case 2: {
              yield * SubscribeRequest.codec().stream(reader, reader.uint32(), `${prefix}.subscribe`, {
                limits: opts.limits?.subscribe
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReportRequestWatchDescriptorFieldEvent {
    field: '$.watch.descriptor'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReportRequestWatchTargetsFieldEvent {
    field: '$.watch.targets[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReportRequestWatchConnectOnlyFieldEvent {
    field: '$.watch.connectOnly'
    value: boolean
  }

  export interface ReportRequestWatchLeaseMsFieldEvent {
    field: '$.watch.leaseMs'
    value: number
  }

  export interface ReportRequestSubscribeDescriptorFieldEvent {
    field: '$.subscribe.descriptor'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<ReportRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ReportRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReportRequest>): ReportRequest {
    return decodeMessage(buf, ReportRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReportRequest>): Generator<ReportRequestWatchDescriptorFieldEvent | ReportRequestWatchTargetsFieldEvent | ReportRequestWatchConnectOnlyFieldEvent | ReportRequestWatchLeaseMsFieldEvent | ReportRequestSubscribeDescriptorFieldEvent> {
    return streamMessage(buf, ReportRequest.codec(), opts)
  }
}

export interface WatchRequest {
  descriptor: Uint8Array<ArrayBuffer>
  targets: Uint8Array<ArrayBuffer>[]
  connectOnly: boolean
  leaseMs: number
}

export namespace WatchRequest {
  let _codec: Codec<WatchRequest>

  export const codec = (): Codec<WatchRequest> => {
    if (_codec == null) {
      _codec = message<WatchRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.descriptor != null && obj.descriptor.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.descriptor)
        }

        if (obj.targets != null && obj.targets.length > 0) {
          for (const value of obj.targets) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if ((obj.connectOnly != null && obj.connectOnly !== false)) {
          w.uint32(24)
          w.bool(obj.connectOnly)
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(32)
          w.uint32(obj.leaseMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          descriptor: uint8ArrayAlloc(0),
          targets: [],
          connectOnly: false,
          leaseMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.descriptor = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.targets != null && obj.targets.length === opts.limits.targets) {
                throw new MaxLengthError('Decode error - repeated field "targets" had too many elements')
              }

              if (obj.targets.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "targets" had too many elements')
              }

              obj.targets.push(reader.bytes())
              break
            }
            case 3: {
              obj.connectOnly = reader.bool()
              break
            }
            case 4: {
              obj.leaseMs = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          targets: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.descriptor`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.targets != null && obj.targets === opts.limits.targets) {
                throw new MaxLengthError('Streaming decode error - repeated field "targets" had too many elements')
              }

              if (obj.targets === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "targets" had too many elements')
              }

              yield {
                field: `${prefix}.targets[]`,
                index: obj.targets,
                value: reader.bytes()
              }

              obj.targets++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.connectOnly`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.leaseMs`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WatchRequestDescriptorFieldEvent {
    field: '$.descriptor'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WatchRequestTargetsFieldEvent {
    field: '$.targets[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WatchRequestConnectOnlyFieldEvent {
    field: '$.connectOnly'
    value: boolean
  }

  export interface WatchRequestLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export function encode (obj: Partial<WatchRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WatchRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchRequest>): WatchRequest {
    return decodeMessage(buf, WatchRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchRequest>): Generator<WatchRequestDescriptorFieldEvent | WatchRequestTargetsFieldEvent | WatchRequestConnectOnlyFieldEvent | WatchRequestLeaseMsFieldEvent> {
    return streamMessage(buf, WatchRequest.codec(), opts)
  }
}

export interface WatchResponse {
  leaseMs: number
  accepted: number
  refused: RefusedTarget[]
}

export namespace WatchResponse {
  let _codec: Codec<WatchResponse>

  export const codec = (): Codec<WatchResponse> => {
    if (_codec == null) {
      _codec = message<WatchResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.leaseMs)
        }

        if ((obj.accepted != null && obj.accepted !== 0)) {
          w.uint32(16)
          w.uint32(obj.accepted)
        }

        if (obj.refused != null && obj.refused.length > 0) {
          for (const value of obj.refused) {
            w.uint32(26)
            RefusedTarget.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          leaseMs: 0,
          accepted: 0,
          refused: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.leaseMs = reader.uint32()
              break
            }
            case 2: {
              obj.accepted = reader.uint32()
              break
            }
            case 3: {
              if (opts.limits?.refused != null && obj.refused.length === opts.limits.refused) {
                throw new MaxLengthError('Decode error - repeated field "refused" had too many elements')
              }

              if (obj.refused.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "refused" had too many elements')
              }

              obj.refused.push(RefusedTarget.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.refused$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          refused: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.leaseMs`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.accepted`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              if (opts.limits?.refused != null && obj.refused === opts.limits.refused) {
                throw new MaxLengthError('Streaming decode error - repeated field "refused" had too many elements')
              }

              if (obj.refused === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "refused" had too many elements')
              }

              for (const evt of RefusedTarget.codec().stream(reader, reader.uint32(), `${prefix}.refused[]`, {
                limits: opts.limits?.refused$
              })) {
                yield {
                  ...evt,
                  index: obj.refused
                }
              }

              obj.refused++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WatchResponseLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export interface WatchResponseAcceptedFieldEvent {
    field: '$.accepted'
    value: number
  }

  export interface WatchResponseRefusedIndexFieldEvent {
    field: '$.refused[].index'
    value: number
    index: number
  }

  export interface WatchResponseRefusedReasonFieldEvent {
    field: '$.refused[].reason'
    value: Refusal
    index: number
  }

  export function encode (obj: Partial<WatchResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WatchResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchResponse>): WatchResponse {
    return decodeMessage(buf, WatchResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchResponse>): Generator<WatchResponseLeaseMsFieldEvent | WatchResponseAcceptedFieldEvent | WatchResponseRefusedIndexFieldEvent | WatchResponseRefusedReasonFieldEvent> {
    return streamMessage(buf, WatchResponse.codec(), opts)
  }
}

export interface RefusedTarget {
  index: number
  reason: Refusal
}

export namespace RefusedTarget {
  let _codec: Codec<RefusedTarget>

  export const codec = (): Codec<RefusedTarget> => {
    if (_codec == null) {
      _codec = message<RefusedTarget>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint32(obj.index)
        }

        if (obj.reason != null && __RefusalValues[obj.reason] !== 0) {
          w.uint32(16)
          Refusal.codec().encode(obj.reason, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          reason: Refusal.REFUSAL_UNKNOWN
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint32()
              break
            }
            case 2: {
              obj.reason = Refusal.codec().decode(reader)
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.reason`,
                value: Refusal.codec().decode(reader)
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RefusedTargetIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface RefusedTargetReasonFieldEvent {
    field: '$.reason'
    value: Refusal
  }

  export function encode (obj: Partial<RefusedTarget>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RefusedTarget.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RefusedTarget>): RefusedTarget {
    return decodeMessage(buf, RefusedTarget.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RefusedTarget>): Generator<RefusedTargetIndexFieldEvent | RefusedTargetReasonFieldEvent> {
    return streamMessage(buf, RefusedTarget.codec(), opts)
  }
}

export enum Refusal {
  REFUSAL_UNKNOWN = 'REFUSAL_UNKNOWN',
  INVALID_DESCRIPTOR = 'INVALID_DESCRIPTOR',
  NOT_A_FORWARDER = 'NOT_A_FORWARDER',
  OVER_QUOTA = 'OVER_QUOTA',
  SELF = 'SELF',
  BY_POLICY = 'BY_POLICY'
}

enum __RefusalValues {
  REFUSAL_UNKNOWN = 0,
  INVALID_DESCRIPTOR = 1,
  NOT_A_FORWARDER = 2,
  OVER_QUOTA = 3,
  SELF = 4,
  BY_POLICY = 5
}

export namespace Refusal {
  export const codec = (): Codec<Refusal> => {
    return enumeration<Refusal>(__RefusalValues)
  }
}

export interface SubscribeRequest {
  descriptor: Uint8Array<ArrayBuffer>
}

export namespace SubscribeRequest {
  let _codec: Codec<SubscribeRequest>

  export const codec = (): Codec<SubscribeRequest> => {
    if (_codec == null) {
      _codec = message<SubscribeRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.descriptor != null && obj.descriptor.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.descriptor)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          descriptor: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.descriptor = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.descriptor`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SubscribeRequestDescriptorFieldEvent {
    field: '$.descriptor'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SubscribeRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SubscribeRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SubscribeRequest>): SubscribeRequest {
    return decodeMessage(buf, SubscribeRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SubscribeRequest>): Generator<SubscribeRequestDescriptorFieldEvent> {
    return streamMessage(buf, SubscribeRequest.codec(), opts)
  }
}

export interface ReportResponse {
  watch?: WatchResponse
  report: Uint8Array<ArrayBuffer>
}

export namespace ReportResponse {
  let _codec: Codec<ReportResponse>

  export const codec = (): Codec<ReportResponse> => {
    if (_codec == null) {
      _codec = message<ReportResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.watch != null) {
          w.uint32(10)
          WatchResponse.codec().encode(obj.watch, w)
        }

        if ((obj.report != null && obj.report.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.report)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          report: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.watch = WatchResponse.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.watch
              })
              break
            }
            case 2: {
              obj.report = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WatchResponse.codec().stream(reader, reader.uint32(), `${prefix}.watch`, {
                limits: opts.limits?.watch
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.report`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReportResponseWatchLeaseMsFieldEvent {
    field: '$.watch.leaseMs'
    value: number
  }

  export interface ReportResponseWatchAcceptedFieldEvent {
    field: '$.watch.accepted'
    value: number
  }

  export interface ReportResponseWatchRefusedIndexFieldEvent {
    field: '$.watch.refused[].index'
    value: number
    index: number
  }

  export interface ReportResponseWatchRefusedReasonFieldEvent {
    field: '$.watch.refused[].reason'
    value: Refusal
    index: number
  }

  export interface ReportResponseReportFieldEvent {
    field: '$.report'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<ReportResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ReportResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReportResponse>): ReportResponse {
    return decodeMessage(buf, ReportResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReportResponse>): Generator<ReportResponseWatchLeaseMsFieldEvent | ReportResponseWatchAcceptedFieldEvent | ReportResponseWatchRefusedIndexFieldEvent | ReportResponseWatchRefusedReasonFieldEvent | ReportResponseReportFieldEvent> {
    return streamMessage(buf, ReportResponse.codec(), opts)
  }
}

export interface Report {
  forwarder: Uint8Array<ArrayBuffer>
  sequence: bigint
  issuedAtMs: bigint
  full: boolean
  links: LinkReport[]
  loadBytesPerSecond: bigint
  policy?: Policy
  priceMicroPerGb: number
}

export namespace Report {
  let _codec: Codec<Report>

  export const codec = (): Codec<Report> => {
    if (_codec == null) {
      _codec = message<Report>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.forwarder != null && obj.forwarder.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.forwarder)
        }

        if ((obj.sequence != null && obj.sequence !== 0n)) {
          w.uint32(16)
          writeUint64(w, obj.sequence)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.issuedAtMs)
        }

        if ((obj.full != null && obj.full !== false)) {
          w.uint32(32)
          w.bool(obj.full)
        }

        if (obj.links != null && obj.links.length > 0) {
          for (const value of obj.links) {
            w.uint32(42)
            LinkReport.codec().encode(value, w)
          }
        }

        if ((obj.loadBytesPerSecond != null && obj.loadBytesPerSecond !== 0n)) {
          w.uint32(48)
          writeUint64(w, obj.loadBytesPerSecond)
        }

        if (obj.policy != null) {
          w.uint32(58)
          Policy.codec().encode(obj.policy, w)
        }

        if ((obj.priceMicroPerGb != null && obj.priceMicroPerGb !== 0)) {
          w.uint32(64)
          w.uint32(obj.priceMicroPerGb)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          forwarder: uint8ArrayAlloc(0),
          sequence: 0n,
          issuedAtMs: 0n,
          full: false,
          links: [],
          loadBytesPerSecond: 0n,
          priceMicroPerGb: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.forwarder = reader.bytes()
              break
            }
            case 2: {
              obj.sequence = reader.uint64()
              break
            }
            case 3: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 4: {
              obj.full = reader.bool()
              break
            }
            case 5: {
              if (opts.limits?.links != null && obj.links.length === opts.limits.links) {
                throw new MaxLengthError('Decode error - repeated field "links" had too many elements')
              }

              if (obj.links.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "links" had too many elements')
              }

              obj.links.push(LinkReport.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.links$
              }))
              break
            }
            case 6: {
              obj.loadBytesPerSecond = reader.uint64()
              break
            }
            case 7: {
              obj.policy = Policy.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.policy
              })
              break
            }
            case 8: {
              obj.priceMicroPerGb = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          links: 512
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.forwarder`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.issuedAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.full`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              if (opts.limits?.links != null && obj.links === opts.limits.links) {
                throw new MaxLengthError('Streaming decode error - repeated field "links" had too many elements')
              }

              if (obj.links === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "links" had too many elements')
              }

              for (const evt of LinkReport.codec().stream(reader, reader.uint32(), `${prefix}.links[]`, {
                limits: opts.limits?.links$
              })) {
                yield {
                  ...evt,
                  index: obj.links
                }
              }

              obj.links++

              break
            }
            case 6: {
              yield {
                field: `${prefix}.loadBytesPerSecond`,
                value: reader.uint64()
              }
              break
            }
            case 7: {
              yield * Policy.codec().stream(reader, reader.uint32(), `${prefix}.policy`, {
                limits: opts.limits?.policy
              })

              break
            }
            case 8: {
              yield {
                field: `${prefix}.priceMicroPerGb`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReportForwarderFieldEvent {
    field: '$.forwarder'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReportSequenceFieldEvent {
    field: '$.sequence'
    value: bigint
  }

  export interface ReportIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface ReportFullFieldEvent {
    field: '$.full'
    value: boolean
  }

  export interface ReportLinksPeerFieldEvent {
    field: '$.links[].peer'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ReportLinksStateFieldEvent {
    field: '$.links[].state'
    value: LinkState
    index: number
  }

  export interface ReportLinksRttUsFieldEvent {
    field: '$.links[].rttUs'
    value: number
    index: number
  }

  export interface ReportLinksJitterUsFieldEvent {
    field: '$.links[].jitterUs'
    value: number
    index: number
  }

  export interface ReportLinksLossPpmFieldEvent {
    field: '$.links[].lossPpm'
    value: number
    index: number
  }

  export interface ReportLinksSamplesFieldEvent {
    field: '$.links[].samples'
    value: number
    index: number
  }

  export interface ReportLinksAgeMsFieldEvent {
    field: '$.links[].ageMs'
    value: number
    index: number
  }

  export interface ReportLinksClosedFieldEvent {
    field: '$.links[].closed'
    value: boolean
    index: number
  }

  export interface ReportLinksBytesPerSecondFieldEvent {
    field: '$.links[].bytesPerSecond'
    value: number
    index: number
  }

  export interface ReportLinksRateIsFloorFieldEvent {
    field: '$.links[].rateIsFloor'
    value: boolean
    index: number
  }

  export interface ReportLinksLoadBytesPerSecondFieldEvent {
    field: '$.links[].loadBytesPerSecond'
    value: number
    index: number
  }

  export interface ReportLinksReceivedBytesPerSecondFieldEvent {
    field: '$.links[].receivedBytesPerSecond'
    value: number
    index: number
  }

  export interface ReportLinksMostReceivedBytesPerSecondFieldEvent {
    field: '$.links[].mostReceivedBytesPerSecond'
    value: number
    index: number
  }

  export interface ReportLoadBytesPerSecondFieldEvent {
    field: '$.loadBytesPerSecond'
    value: bigint
  }

  export interface ReportPolicyRspsFieldEvent {
    field: '$.policy.rsps[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReportPolicyListedOnlyFieldEvent {
    field: '$.policy.listedOnly'
    value: boolean
  }

  export interface ReportPolicyAuthorizedOnlyFieldEvent {
    field: '$.policy.authorizedOnly'
    value: boolean
  }

  export interface ReportPolicyRevokedFieldEvent {
    field: '$.policy.revoked[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReportPriceMicroPerGbFieldEvent {
    field: '$.priceMicroPerGb'
    value: number
  }

  export function encode (obj: Partial<Report>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Report.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Report>): Report {
    return decodeMessage(buf, Report.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Report>): Generator<ReportForwarderFieldEvent | ReportSequenceFieldEvent | ReportIssuedAtMsFieldEvent | ReportFullFieldEvent | ReportLinksPeerFieldEvent | ReportLinksStateFieldEvent | ReportLinksRttUsFieldEvent | ReportLinksJitterUsFieldEvent | ReportLinksLossPpmFieldEvent | ReportLinksSamplesFieldEvent | ReportLinksAgeMsFieldEvent | ReportLinksClosedFieldEvent | ReportLinksBytesPerSecondFieldEvent | ReportLinksRateIsFloorFieldEvent | ReportLinksLoadBytesPerSecondFieldEvent | ReportLinksReceivedBytesPerSecondFieldEvent | ReportLinksMostReceivedBytesPerSecondFieldEvent | ReportLoadBytesPerSecondFieldEvent | ReportPolicyRspsFieldEvent | ReportPolicyListedOnlyFieldEvent | ReportPolicyAuthorizedOnlyFieldEvent | ReportPolicyRevokedFieldEvent | ReportPriceMicroPerGbFieldEvent> {
    return streamMessage(buf, Report.codec(), opts)
  }
}

export interface Policy {
  rsps: Uint8Array<ArrayBuffer>[]
  listedOnly: boolean
  authorizedOnly: boolean
  revoked: Uint8Array<ArrayBuffer>[]
}

export namespace Policy {
  let _codec: Codec<Policy>

  export const codec = (): Codec<Policy> => {
    if (_codec == null) {
      _codec = message<Policy>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.rsps != null && obj.rsps.length > 0) {
          for (const value of obj.rsps) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if ((obj.listedOnly != null && obj.listedOnly !== false)) {
          w.uint32(16)
          w.bool(obj.listedOnly)
        }

        if ((obj.authorizedOnly != null && obj.authorizedOnly !== false)) {
          w.uint32(24)
          w.bool(obj.authorizedOnly)
        }

        if (obj.revoked != null && obj.revoked.length > 0) {
          for (const value of obj.revoked) {
            w.uint32(34)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rsps: [],
          listedOnly: false,
          authorizedOnly: false,
          revoked: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.rsps != null && obj.rsps.length === opts.limits.rsps) {
                throw new MaxLengthError('Decode error - repeated field "rsps" had too many elements')
              }

              if (obj.rsps.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "rsps" had too many elements')
              }

              obj.rsps.push(reader.bytes())
              break
            }
            case 2: {
              obj.listedOnly = reader.bool()
              break
            }
            case 3: {
              obj.authorizedOnly = reader.bool()
              break
            }
            case 4: {
              if (opts.limits?.revoked != null && obj.revoked.length === opts.limits.revoked) {
                throw new MaxLengthError('Decode error - repeated field "revoked" had too many elements')
              }

              if (obj.revoked.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "revoked" had too many elements')
              }

              obj.revoked.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          rsps: 64,
          revoked: 64
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.rsps != null && obj.rsps === opts.limits.rsps) {
                throw new MaxLengthError('Streaming decode error - repeated field "rsps" had too many elements')
              }

              if (obj.rsps === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "rsps" had too many elements')
              }

              yield {
                field: `${prefix}.rsps[]`,
                index: obj.rsps,
                value: reader.bytes()
              }

              obj.rsps++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.listedOnly`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.authorizedOnly`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              if (opts.limits?.revoked != null && obj.revoked === opts.limits.revoked) {
                throw new MaxLengthError('Streaming decode error - repeated field "revoked" had too many elements')
              }

              if (obj.revoked === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "revoked" had too many elements')
              }

              yield {
                field: `${prefix}.revoked[]`,
                index: obj.revoked,
                value: reader.bytes()
              }

              obj.revoked++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PolicyRspsFieldEvent {
    field: '$.rsps[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface PolicyListedOnlyFieldEvent {
    field: '$.listedOnly'
    value: boolean
  }

  export interface PolicyAuthorizedOnlyFieldEvent {
    field: '$.authorizedOnly'
    value: boolean
  }

  export interface PolicyRevokedFieldEvent {
    field: '$.revoked[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Policy>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Policy.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Policy>): Policy {
    return decodeMessage(buf, Policy.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Policy>): Generator<PolicyRspsFieldEvent | PolicyListedOnlyFieldEvent | PolicyAuthorizedOnlyFieldEvent | PolicyRevokedFieldEvent> {
    return streamMessage(buf, Policy.codec(), opts)
  }
}

export interface LinkReport {
  peer: Uint8Array<ArrayBuffer>
  state: LinkState
  rttUs: number
  jitterUs: number
  lossPpm: number
  samples: number
  ageMs: number
  closed: boolean
  bytesPerSecond: number
  rateIsFloor: boolean
  loadBytesPerSecond: number
  receivedBytesPerSecond: number
  mostReceivedBytesPerSecond: number
}

export namespace LinkReport {
  let _codec: Codec<LinkReport>

  export const codec = (): Codec<LinkReport> => {
    if (_codec == null) {
      _codec = message<LinkReport>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peer != null && obj.peer.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peer)
        }

        if (obj.state != null && __LinkStateValues[obj.state] !== 0) {
          w.uint32(16)
          LinkState.codec().encode(obj.state, w)
        }

        if ((obj.rttUs != null && obj.rttUs !== 0)) {
          w.uint32(24)
          w.uint32(obj.rttUs)
        }

        if ((obj.jitterUs != null && obj.jitterUs !== 0)) {
          w.uint32(32)
          w.uint32(obj.jitterUs)
        }

        if ((obj.lossPpm != null && obj.lossPpm !== 0)) {
          w.uint32(40)
          w.uint32(obj.lossPpm)
        }

        if ((obj.samples != null && obj.samples !== 0)) {
          w.uint32(48)
          w.uint32(obj.samples)
        }

        if ((obj.ageMs != null && obj.ageMs !== 0)) {
          w.uint32(56)
          w.uint32(obj.ageMs)
        }

        if ((obj.closed != null && obj.closed !== false)) {
          w.uint32(64)
          w.bool(obj.closed)
        }

        if ((obj.bytesPerSecond != null && obj.bytesPerSecond !== 0)) {
          w.uint32(72)
          w.uint32(obj.bytesPerSecond)
        }

        if ((obj.rateIsFloor != null && obj.rateIsFloor !== false)) {
          w.uint32(80)
          w.bool(obj.rateIsFloor)
        }

        if ((obj.loadBytesPerSecond != null && obj.loadBytesPerSecond !== 0)) {
          w.uint32(88)
          w.uint32(obj.loadBytesPerSecond)
        }

        if ((obj.receivedBytesPerSecond != null && obj.receivedBytesPerSecond !== 0)) {
          w.uint32(96)
          w.uint32(obj.receivedBytesPerSecond)
        }

        if ((obj.mostReceivedBytesPerSecond != null && obj.mostReceivedBytesPerSecond !== 0)) {
          w.uint32(104)
          w.uint32(obj.mostReceivedBytesPerSecond)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peer: uint8ArrayAlloc(0),
          state: LinkState.LINK_UNKNOWN,
          rttUs: 0,
          jitterUs: 0,
          lossPpm: 0,
          samples: 0,
          ageMs: 0,
          closed: false,
          bytesPerSecond: 0,
          rateIsFloor: false,
          loadBytesPerSecond: 0,
          receivedBytesPerSecond: 0,
          mostReceivedBytesPerSecond: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peer = reader.bytes()
              break
            }
            case 2: {
              obj.state = LinkState.codec().decode(reader)
              break
            }
            case 3: {
              obj.rttUs = reader.uint32()
              break
            }
            case 4: {
              obj.jitterUs = reader.uint32()
              break
            }
            case 5: {
              obj.lossPpm = reader.uint32()
              break
            }
            case 6: {
              obj.samples = reader.uint32()
              break
            }
            case 7: {
              obj.ageMs = reader.uint32()
              break
            }
            case 8: {
              obj.closed = reader.bool()
              break
            }
            case 9: {
              obj.bytesPerSecond = reader.uint32()
              break
            }
            case 10: {
              obj.rateIsFloor = reader.bool()
              break
            }
            case 11: {
              obj.loadBytesPerSecond = reader.uint32()
              break
            }
            case 12: {
              obj.receivedBytesPerSecond = reader.uint32()
              break
            }
            case 13: {
              obj.mostReceivedBytesPerSecond = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.peer`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.state`,
                value: LinkState.codec().decode(reader)
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.rttUs`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.jitterUs`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.lossPpm`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.samples`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.ageMs`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.closed`,
                value: reader.bool()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.bytesPerSecond`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.rateIsFloor`,
                value: reader.bool()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.loadBytesPerSecond`,
                value: reader.uint32()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.receivedBytesPerSecond`,
                value: reader.uint32()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.mostReceivedBytesPerSecond`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LinkReportPeerFieldEvent {
    field: '$.peer'
    value: Uint8Array<ArrayBuffer>
  }

  export interface LinkReportStateFieldEvent {
    field: '$.state'
    value: LinkState
  }

  export interface LinkReportRttUsFieldEvent {
    field: '$.rttUs'
    value: number
  }

  export interface LinkReportJitterUsFieldEvent {
    field: '$.jitterUs'
    value: number
  }

  export interface LinkReportLossPpmFieldEvent {
    field: '$.lossPpm'
    value: number
  }

  export interface LinkReportSamplesFieldEvent {
    field: '$.samples'
    value: number
  }

  export interface LinkReportAgeMsFieldEvent {
    field: '$.ageMs'
    value: number
  }

  export interface LinkReportClosedFieldEvent {
    field: '$.closed'
    value: boolean
  }

  export interface LinkReportBytesPerSecondFieldEvent {
    field: '$.bytesPerSecond'
    value: number
  }

  export interface LinkReportRateIsFloorFieldEvent {
    field: '$.rateIsFloor'
    value: boolean
  }

  export interface LinkReportLoadBytesPerSecondFieldEvent {
    field: '$.loadBytesPerSecond'
    value: number
  }

  export interface LinkReportReceivedBytesPerSecondFieldEvent {
    field: '$.receivedBytesPerSecond'
    value: number
  }

  export interface LinkReportMostReceivedBytesPerSecondFieldEvent {
    field: '$.mostReceivedBytesPerSecond'
    value: number
  }

  export function encode (obj: Partial<LinkReport>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, LinkReport.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReport>): LinkReport {
    return decodeMessage(buf, LinkReport.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReport>): Generator<LinkReportPeerFieldEvent | LinkReportStateFieldEvent | LinkReportRttUsFieldEvent | LinkReportJitterUsFieldEvent | LinkReportLossPpmFieldEvent | LinkReportSamplesFieldEvent | LinkReportAgeMsFieldEvent | LinkReportClosedFieldEvent | LinkReportBytesPerSecondFieldEvent | LinkReportRateIsFloorFieldEvent | LinkReportLoadBytesPerSecondFieldEvent | LinkReportReceivedBytesPerSecondFieldEvent | LinkReportMostReceivedBytesPerSecondFieldEvent> {
    return streamMessage(buf, LinkReport.codec(), opts)
  }
}

export enum LinkState {
  LINK_UNKNOWN = 'LINK_UNKNOWN',
  UP = 'UP',
  DOWN = 'DOWN'
}

enum __LinkStateValues {
  LINK_UNKNOWN = 0,
  UP = 1,
  DOWN = 2
}

export namespace LinkState {
  export const codec = (): Codec<LinkState> => {
    return enumeration<LinkState>(__LinkStateValues)
  }
}
