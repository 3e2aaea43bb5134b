import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Subscribe {
  descriptor: Uint8Array<ArrayBuffer>
  scope?: Scope
  leaseMs: number
}

export namespace Subscribe {
  let _codec: Codec<Subscribe>

  export const codec = (): Codec<Subscribe> => {
    if (_codec == null) {
      _codec = message<Subscribe>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.descriptor != null && obj.descriptor.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.descriptor)
        }

        if (obj.scope != null) {
          w.uint32(18)
          Scope.codec().encode(obj.scope, w)
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(24)
          w.uint32(obj.leaseMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          descriptor: uint8ArrayAlloc(0),
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
              obj.scope = Scope.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.scope
              })
              break
            }
            case 3: {
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
              yield * Scope.codec().stream(reader, reader.uint32(), `${prefix}.scope`, {
                limits: opts.limits?.scope
              })

              break
            }
            case 3: {
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

  export interface SubscribeDescriptorFieldEvent {
    field: '$.descriptor'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SubscribeScopeNodesFieldEvent {
    field: '$.scope.nodes[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface SubscribeScopeTagsKeyFieldEvent {
    field: '$.scope.tags[].key'
    value: string
    index: number
  }

  export interface SubscribeScopeTagsValueFieldEvent {
    field: '$.scope.tags[].value'
    value: string
    index: number
  }

  export interface SubscribeScopeBothEndsFieldEvent {
    field: '$.scope.bothEnds'
    value: boolean
  }

  export interface SubscribeLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export function encode (obj: Partial<Subscribe>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Subscribe.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Subscribe>): Subscribe {
    return decodeMessage(buf, Subscribe.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Subscribe>): Generator<SubscribeDescriptorFieldEvent | SubscribeScopeNodesFieldEvent | SubscribeScopeTagsKeyFieldEvent | SubscribeScopeTagsValueFieldEvent | SubscribeScopeBothEndsFieldEvent | SubscribeLeaseMsFieldEvent> {
    return streamMessage(buf, Subscribe.codec(), opts)
  }
}

export interface Scope {
  nodes: Uint8Array<ArrayBuffer>[]
  tags: Tag[]
  bothEnds: boolean
}

export namespace Scope {
  let _codec: Codec<Scope>

  export const codec = (): Codec<Scope> => {
    if (_codec == null) {
      _codec = message<Scope>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.nodes != null && obj.nodes.length > 0) {
          for (const value of obj.nodes) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (obj.tags != null && obj.tags.length > 0) {
          for (const value of obj.tags) {
            w.uint32(18)
            Tag.codec().encode(value, w)
          }
        }

        if ((obj.bothEnds != null && obj.bothEnds !== false)) {
          w.uint32(24)
          w.bool(obj.bothEnds)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nodes: [],
          tags: [],
          bothEnds: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.nodes != null && obj.nodes.length === opts.limits.nodes) {
                throw new MaxLengthError('Decode error - repeated field "nodes" had too many elements')
              }

              if (obj.nodes.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "nodes" had too many elements')
              }

              obj.nodes.push(reader.bytes())
              break
            }
            case 2: {
              if (opts.limits?.tags != null && obj.tags.length === opts.limits.tags) {
                throw new MaxLengthError('Decode error - repeated field "tags" had too many elements')
              }

              if (obj.tags.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "tags" had too many elements')
              }

              obj.tags.push(Tag.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tags$
              }))
              break
            }
            case 3: {
              obj.bothEnds = reader.bool()
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
          nodes: 512,
          tags: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.nodes != null && obj.nodes === opts.limits.nodes) {
                throw new MaxLengthError('Streaming decode error - repeated field "nodes" had too many elements')
              }

              if (obj.nodes === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "nodes" had too many elements')
              }

              yield {
                field: `${prefix}.nodes[]`,
                index: obj.nodes,
                value: reader.bytes()
              }

              obj.nodes++

              break
            }
            case 2: {
              if (opts.limits?.tags != null && obj.tags === opts.limits.tags) {
                throw new MaxLengthError('Streaming decode error - repeated field "tags" had too many elements')
              }

              if (obj.tags === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "tags" had too many elements')
              }

              for (const evt of Tag.codec().stream(reader, reader.uint32(), `${prefix}.tags[]`, {
                limits: opts.limits?.tags$
              })) {
                yield {
                  ...evt,
                  index: obj.tags
                }
              }

              obj.tags++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.bothEnds`,
                value: reader.bool()
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

  export interface ScopeNodesFieldEvent {
    field: '$.nodes[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface ScopeTagsKeyFieldEvent {
    field: '$.tags[].key'
    value: string
    index: number
  }

  export interface ScopeTagsValueFieldEvent {
    field: '$.tags[].value'
    value: string
    index: number
  }

  export interface ScopeBothEndsFieldEvent {
    field: '$.bothEnds'
    value: boolean
  }

  export function encode (obj: Partial<Scope>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Scope.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Scope>): Scope {
    return decodeMessage(buf, Scope.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Scope>): Generator<ScopeNodesFieldEvent | ScopeTagsKeyFieldEvent | ScopeTagsValueFieldEvent | ScopeBothEndsFieldEvent> {
    return streamMessage(buf, Scope.codec(), opts)
  }
}

export interface Tag {
  key: string
  value: string
}

export namespace Tag {
  let _codec: Codec<Tag>

  export const codec = (): Codec<Tag> => {
    if (_codec == null) {
      _codec = message<Tag>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key !== '')) {
          w.uint32(10)
          w.string(obj.key)
        }

        if ((obj.value != null && obj.value !== '')) {
          w.uint32(18)
          w.string(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: '',
          value: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.string()
              break
            }
            case 2: {
              obj.value = reader.string()
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
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
                value: reader.string()
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

  export interface TagKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface TagValueFieldEvent {
    field: '$.value'
    value: string
  }

  export function encode (obj: Partial<Tag>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Tag.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tag>): Tag {
    return decodeMessage(buf, Tag.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tag>): Generator<TagKeyFieldEvent | TagValueFieldEvent> {
    return streamMessage(buf, Tag.codec(), opts)
  }
}

export interface Subscribed {
  leaseMs: number
  maxLinks: number
  measurementsPerMinute: number
}

export namespace Subscribed {
  let _codec: Codec<Subscribed>

  export const codec = (): Codec<Subscribed> => {
    if (_codec == null) {
      _codec = message<Subscribed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.leaseMs)
        }

        if ((obj.maxLinks != null && obj.maxLinks !== 0)) {
          w.uint32(16)
          w.uint32(obj.maxLinks)
        }

        if ((obj.measurementsPerMinute != null && obj.measurementsPerMinute !== 0)) {
          w.uint32(24)
          w.uint32(obj.measurementsPerMinute)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          leaseMs: 0,
          maxLinks: 0,
          measurementsPerMinute: 0
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
              obj.maxLinks = reader.uint32()
              break
            }
            case 3: {
              obj.measurementsPerMinute = reader.uint32()
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
                field: `${prefix}.leaseMs`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.maxLinks`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.measurementsPerMinute`,
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

  export interface SubscribedLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export interface SubscribedMaxLinksFieldEvent {
    field: '$.maxLinks'
    value: number
  }

  export interface SubscribedMeasurementsPerMinuteFieldEvent {
    field: '$.measurementsPerMinute'
    value: number
  }

  export function encode (obj: Partial<Subscribed>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Subscribed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Subscribed>): Subscribed {
    return decodeMessage(buf, Subscribed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Subscribed>): Generator<SubscribedLeaseMsFieldEvent | SubscribedMaxLinksFieldEvent | SubscribedMeasurementsPerMinuteFieldEvent> {
    return streamMessage(buf, Subscribed.codec(), opts)
  }
}

export interface Next {
  after: bigint
  waitMs: number
}

export namespace Next {
  let _codec: Codec<Next>

  export const codec = (): Codec<Next> => {
    if (_codec == null) {
      _codec = message<Next>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.after != null && obj.after !== 0n)) {
          w.uint32(8)
          writeUint64(w, obj.after)
        }

        if ((obj.waitMs != null && obj.waitMs !== 0)) {
          w.uint32(16)
          w.uint32(obj.waitMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          after: 0n,
          waitMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.after = reader.uint64()
              break
            }
            case 2: {
              obj.waitMs = reader.uint32()
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
                field: `${prefix}.after`,
                value: reader.uint64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.waitMs`,
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

  export interface NextAfterFieldEvent {
    field: '$.after'
    value: bigint
  }

  export interface NextWaitMsFieldEvent {
    field: '$.waitMs'
    value: number
  }

  export function encode (obj: Partial<Next>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Next.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Next>): Next {
    return decodeMessage(buf, Next.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Next>): Generator<NextAfterFieldEvent | NextWaitMsFieldEvent> {
    return streamMessage(buf, Next.codec(), opts)
  }
}

export interface NextBatch {
  batch: Uint8Array<ArrayBuffer>
}

export namespace NextBatch {
  let _codec: Codec<NextBatch>

  export const codec = (): Codec<NextBatch> => {
    if (_codec == null) {
      _codec = message<NextBatch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.batch != null && obj.batch.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.batch)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          batch: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.batch = reader.bytes()
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
                field: `${prefix}.batch`,
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

  export interface NextBatchBatchFieldEvent {
    field: '$.batch'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<NextBatch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, NextBatch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NextBatch>): NextBatch {
    return decodeMessage(buf, NextBatch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NextBatch>): Generator<NextBatchBatchFieldEvent> {
    return streamMessage(buf, NextBatch.codec(), opts)
  }
}

export interface Batch {
  rsp: Uint8Array<ArrayBuffer>
  subscriber: Uint8Array<ArrayBuffer>
  sequence: bigint
  issuedAtMs: bigint
  nodes: Uint8Array<ArrayBuffer>[]
  measurements: Measurement[]
}

export namespace Batch {
  let _codec: Codec<Batch>

  export const codec = (): Codec<Batch> => {
    if (_codec == null) {
      _codec = message<Batch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rsp != null && obj.rsp.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.rsp)
        }

        if ((obj.subscriber != null && obj.subscriber.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.subscriber)
        }

        if ((obj.sequence != null && obj.sequence !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.sequence)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(32)
          writeUint64(w, obj.issuedAtMs)
        }

        if (obj.nodes != null && obj.nodes.length > 0) {
          for (const value of obj.nodes) {
            w.uint32(42)
            w.bytes(value)
          }
        }

        if (obj.measurements != null && obj.measurements.length > 0) {
          for (const value of obj.measurements) {
            w.uint32(50)
            Measurement.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rsp: uint8ArrayAlloc(0),
          subscriber: uint8ArrayAlloc(0),
          sequence: 0n,
          issuedAtMs: 0n,
          nodes: [],
          measurements: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.rsp = reader.bytes()
              break
            }
            case 2: {
              obj.subscriber = reader.bytes()
              break
            }
            case 3: {
              obj.sequence = reader.uint64()
              break
            }
            case 4: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 5: {
              if (opts.limits?.nodes != null && obj.nodes.length === opts.limits.nodes) {
                throw new MaxLengthError('Decode error - repeated field "nodes" had too many elements')
              }

              if (obj.nodes.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "nodes" had too many elements')
              }

              obj.nodes.push(reader.bytes())
              break
            }
            case 6: {
              if (opts.limits?.measurements != null && obj.measurements.length === opts.limits.measurements) {
                throw new MaxLengthError('Decode error - repeated field "measurements" had too many elements')
              }

              if (obj.measurements.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "measurements" had too many elements')
              }

              obj.measurements.push(Measurement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.measurements$
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
          nodes: 512,
          measurements: 512
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.rsp`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.subscriber`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.issuedAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 5: {
              if (opts.limits?.nodes != null && obj.nodes === opts.limits.nodes) {
                throw new MaxLengthError('Streaming decode error - repeated field "nodes" had too many elements')
              }

              if (obj.nodes === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "nodes" had too many elements')
              }

              yield {
                field: `${prefix}.nodes[]`,
                index: obj.nodes,
                value: reader.bytes()
              }

              obj.nodes++

              break
            }
            case 6: {
              if (opts.limits?.measurements != null && obj.measurements === opts.limits.measurements) {
                throw new MaxLengthError('Streaming decode error - repeated field "measurements" had too many elements')
              }

              if (obj.measurements === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "measurements" had too many elements')
              }

              for (const evt of Measurement.codec().stream(reader, reader.uint32(), `${prefix}.measurements[]`, {
                limits: opts.limits?.measurements$
              })) {
                yield {
                  ...evt,
                  index: obj.measurements
                }
              }

              obj.measurements++

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

  export interface BatchRspFieldEvent {
    field: '$.rsp'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BatchSubscriberFieldEvent {
    field: '$.subscriber'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BatchSequenceFieldEvent {
    field: '$.sequence'
    value: bigint
  }

  export interface BatchIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface BatchNodesFieldEvent {
    field: '$.nodes[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface BatchMeasurementsAFieldEvent {
    field: '$.measurements[].a'
    value: number
    index: number
  }

  export interface BatchMeasurementsBFieldEvent {
    field: '$.measurements[].b'
    value: number
    index: number
  }

  export interface BatchMeasurementsMethodFieldEvent {
    field: '$.measurements[].method'
    value: Method
    index: number
  }

  export interface BatchMeasurementsDownFieldEvent {
    field: '$.measurements[].down'
    value: boolean
    index: number
  }

  export interface BatchMeasurementsRttUsFieldEvent {
    field: '$.measurements[].rttUs'
    value: number
    index: number
  }

  export interface BatchMeasurementsRttSpreadUsFieldEvent {
    field: '$.measurements[].rttSpreadUs'
    value: number
    index: number
  }

  export interface BatchMeasurementsJitterUsFieldEvent {
    field: '$.measurements[].jitterUs'
    value: number
    index: number
  }

  export interface BatchMeasurementsLossPpmFieldEvent {
    field: '$.measurements[].lossPpm'
    value: number
    index: number
  }

  export interface BatchMeasurementsLossSpreadPpmFieldEvent {
    field: '$.measurements[].lossSpreadPpm'
    value: number
    index: number
  }

  export interface BatchMeasurementsSamplesFieldEvent {
    field: '$.measurements[].samples'
    value: number
    index: number
  }

  export interface BatchMeasurementsAgeMsFieldEvent {
    field: '$.measurements[].ageMs'
    value: number
    index: number
  }

  export interface BatchMeasurementsForthBytesPerSecondFieldEvent {
    field: '$.measurements[].forth.bytesPerSecond'
    value: number
    index: number
  }

  export interface BatchMeasurementsForthSpreadBytesPerSecondFieldEvent {
    field: '$.measurements[].forth.spreadBytesPerSecond'
    value: number
    index: number
  }

  export interface BatchMeasurementsForthIsFloorFieldEvent {
    field: '$.measurements[].forth.isFloor'
    value: boolean
    index: number
  }

  export interface BatchMeasurementsBackBytesPerSecondFieldEvent {
    field: '$.measurements[].back.bytesPerSecond'
    value: number
    index: number
  }

  export interface BatchMeasurementsBackSpreadBytesPerSecondFieldEvent {
    field: '$.measurements[].back.spreadBytesPerSecond'
    value: number
    index: number
  }

  export interface BatchMeasurementsBackIsFloorFieldEvent {
    field: '$.measurements[].back.isFloor'
    value: boolean
    index: number
  }

  export function encode (obj: Partial<Batch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Batch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Batch {
    return decodeMessage(buf, Batch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Generator<BatchRspFieldEvent | BatchSubscriberFieldEvent | BatchSequenceFieldEvent | BatchIssuedAtMsFieldEvent | BatchNodesFieldEvent | BatchMeasurementsAFieldEvent | BatchMeasurementsBFieldEvent | BatchMeasurementsMethodFieldEvent | BatchMeasurementsDownFieldEvent | BatchMeasurementsRttUsFieldEvent | BatchMeasurementsRttSpreadUsFieldEvent | BatchMeasurementsJitterUsFieldEvent | BatchMeasurementsLossPpmFieldEvent | BatchMeasurementsLossSpreadPpmFieldEvent | BatchMeasurementsSamplesFieldEvent | BatchMeasurementsAgeMsFieldEvent | BatchMeasurementsForthBytesPerSecondFieldEvent | BatchMeasurementsForthSpreadBytesPerSecondFieldEvent | BatchMeasurementsForthIsFloorFieldEvent | BatchMeasurementsBackBytesPerSecondFieldEvent | BatchMeasurementsBackSpreadBytesPerSecondFieldEvent | BatchMeasurementsBackIsFloorFieldEvent> {
    return streamMessage(buf, Batch.codec(), opts)
  }
}

export interface Measurement {
  a: number
  b: number
  method: Method
  down: boolean
  rttUs: number
  rttSpreadUs: number
  jitterUs: number
  lossPpm: number
  lossSpreadPpm: number
  samples: number
  ageMs: number
  forth?: Rate
  back?: Rate
}

export namespace Measurement {
  let _codec: Codec<Measurement>

  export const codec = (): Codec<Measurement> => {
    if (_codec == null) {
      _codec = message<Measurement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.a != null && obj.a !== 0)) {
          w.uint32(8)
          w.uint32(obj.a)
        }

        if ((obj.b != null && obj.b !== 0)) {
          w.uint32(16)
          w.uint32(obj.b)
        }

        if (obj.method != null && __MethodValues[obj.method] !== 0) {
          w.uint32(24)
          Method.codec().encode(obj.method, w)
        }

        if ((obj.down != null && obj.down !== false)) {
          w.uint32(32)
          w.bool(obj.down)
        }

        if ((obj.rttUs != null && obj.rttUs !== 0)) {
          w.uint32(40)
          w.uint32(obj.rttUs)
        }

        if ((obj.rttSpreadUs != null && obj.rttSpreadUs !== 0)) {
          w.uint32(48)
          w.uint32(obj.rttSpreadUs)
        }

        if ((obj.jitterUs != null && obj.jitterUs !== 0)) {
          w.uint32(56)
          w.uint32(obj.jitterUs)
        }

        if ((obj.lossPpm != null && obj.lossPpm !== 0)) {
          w.uint32(64)
          w.uint32(obj.lossPpm)
        }

        if ((obj.lossSpreadPpm != null && obj.lossSpreadPpm !== 0)) {
          w.uint32(72)
          w.uint32(obj.lossSpreadPpm)
        }

        if ((obj.samples != null && obj.samples !== 0)) {
          w.uint32(80)
          w.uint32(obj.samples)
        }

        if ((obj.ageMs != null && obj.ageMs !== 0)) {
          w.uint32(88)
          w.uint32(obj.ageMs)
        }

        if (obj.forth != null) {
          w.uint32(98)
          Rate.codec().encode(obj.forth, w)
        }

        if (obj.back != null) {
          w.uint32(106)
          Rate.codec().encode(obj.back, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          a: 0,
          b: 0,
          method: Method.METHOD_UNKNOWN,
          down: false,
          rttUs: 0,
          rttSpreadUs: 0,
          jitterUs: 0,
          lossPpm: 0,
          lossSpreadPpm: 0,
          samples: 0,
          ageMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.a = reader.uint32()
              break
            }
            case 2: {
              obj.b = reader.uint32()
              break
            }
            case 3: {
              obj.method = Method.codec().decode(reader)
              break
            }
            case 4: {
              obj.down = reader.bool()
              break
            }
            case 5: {
              obj.rttUs = reader.uint32()
              break
            }
            case 6: {
              obj.rttSpreadUs = reader.uint32()
              break
            }
            case 7: {
              obj.jitterUs = reader.uint32()
              break
            }
            case 8: {
              obj.lossPpm = reader.uint32()
              break
            }
            case 9: {
              obj.lossSpreadPpm = reader.uint32()
              break
            }
            case 10: {
              obj.samples = reader.uint32()
              break
            }
            case 11: {
              obj.ageMs = reader.uint32()
              break
            }
            case 12: {
              obj.forth = Rate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.forth
              })
              break
            }
            case 13: {
              obj.back = Rate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.back
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
              yield {
                field: `${prefix}.a`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.b`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.method`,
                value: Method.codec().decode(reader)
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.down`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.rttUs`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.rttSpreadUs`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.jitterUs`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.lossPpm`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.lossSpreadPpm`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.samples`,
                value: reader.uint32()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.ageMs`,
                value: reader.uint32()
              }
              break
            }
            case 12: {
              yield * Rate.codec().stream(reader, reader.uint32(), `${prefix}.forth`, {
                limits: opts.limits?.forth
              })

              break
            }
            case 13: {
              yield * Rate.codec().stream(reader, reader.uint32(), `${prefix}.back`, {
                limits: opts.limits?.back
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

  export interface MeasurementAFieldEvent {
    field: '$.a'
    value: number
  }

  export interface MeasurementBFieldEvent {
    field: '$.b'
    value: number
  }

  export interface MeasurementMethodFieldEvent {
    field: '$.method'
    value: Method
  }

  export interface MeasurementDownFieldEvent {
    field: '$.down'
    value: boolean
  }

  export interface MeasurementRttUsFieldEvent {
    field: '$.rttUs'
    value: number
  }

  export interface MeasurementRttSpreadUsFieldEvent {
    field: '$.rttSpreadUs'
    value: number
  }

  export interface MeasurementJitterUsFieldEvent {
    field: '$.jitterUs'
    value: number
  }

  export interface MeasurementLossPpmFieldEvent {
    field: '$.lossPpm'
    value: number
  }

  export interface MeasurementLossSpreadPpmFieldEvent {
    field: '$.lossSpreadPpm'
    value: number
  }

  export interface MeasurementSamplesFieldEvent {
    field: '$.samples'
    value: number
  }

  export interface MeasurementAgeMsFieldEvent {
    field: '$.ageMs'
    value: number
  }

  export interface MeasurementForthBytesPerSecondFieldEvent {
    field: '$.forth.bytesPerSecond'
    value: number
  }

  export interface MeasurementForthSpreadBytesPerSecondFieldEvent {
    field: '$.forth.spreadBytesPerSecond'
    value: number
  }

  export interface MeasurementForthIsFloorFieldEvent {
    field: '$.forth.isFloor'
    value: boolean
  }

  export interface MeasurementBackBytesPerSecondFieldEvent {
    field: '$.back.bytesPerSecond'
    value: number
  }

  export interface MeasurementBackSpreadBytesPerSecondFieldEvent {
    field: '$.back.spreadBytesPerSecond'
    value: number
  }

  export interface MeasurementBackIsFloorFieldEvent {
    field: '$.back.isFloor'
    value: boolean
  }

  export function encode (obj: Partial<Measurement>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Measurement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Measurement>): Measurement {
    return decodeMessage(buf, Measurement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Measurement>): Generator<MeasurementAFieldEvent | MeasurementBFieldEvent | MeasurementMethodFieldEvent | MeasurementDownFieldEvent | MeasurementRttUsFieldEvent | MeasurementRttSpreadUsFieldEvent | MeasurementJitterUsFieldEvent | MeasurementLossPpmFieldEvent | MeasurementLossSpreadPpmFieldEvent | MeasurementSamplesFieldEvent | MeasurementAgeMsFieldEvent | MeasurementForthBytesPerSecondFieldEvent | MeasurementForthSpreadBytesPerSecondFieldEvent | MeasurementForthIsFloorFieldEvent | MeasurementBackBytesPerSecondFieldEvent | MeasurementBackSpreadBytesPerSecondFieldEvent | MeasurementBackIsFloorFieldEvent> {
    return streamMessage(buf, Measurement.codec(), opts)
  }
}

export interface Rate {
  bytesPerSecond: number
  spreadBytesPerSecond: number
  isFloor: boolean
}

export namespace Rate {
  let _codec: Codec<Rate>

  export const codec = (): Codec<Rate> => {
    if (_codec == null) {
      _codec = message<Rate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.bytesPerSecond != null && obj.bytesPerSecond !== 0)) {
          w.uint32(8)
          w.uint32(obj.bytesPerSecond)
        }

        if ((obj.spreadBytesPerSecond != null && obj.spreadBytesPerSecond !== 0)) {
          w.uint32(16)
          w.uint32(obj.spreadBytesPerSecond)
        }

        if ((obj.isFloor != null && obj.isFloor !== false)) {
          w.uint32(24)
          w.bool(obj.isFloor)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          bytesPerSecond: 0,
          spreadBytesPerSecond: 0,
          isFloor: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.bytesPerSecond = reader.uint32()
              break
            }
            case 2: {
              obj.spreadBytesPerSecond = reader.uint32()
              break
            }
            case 3: {
              obj.isFloor = reader.bool()
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
                field: `${prefix}.bytesPerSecond`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.spreadBytesPerSecond`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.isFloor`,
                value: reader.bool()
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

  export interface RateBytesPerSecondFieldEvent {
    field: '$.bytesPerSecond'
    value: number
  }

  export interface RateSpreadBytesPerSecondFieldEvent {
    field: '$.spreadBytesPerSecond'
    value: number
  }

  export interface RateIsFloorFieldEvent {
    field: '$.isFloor'
    value: boolean
  }

  export function encode (obj: Partial<Rate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Rate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rate>): Rate {
    return decodeMessage(buf, Rate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rate>): Generator<RateBytesPerSecondFieldEvent | RateSpreadBytesPerSecondFieldEvent | RateIsFloorFieldEvent> {
    return streamMessage(buf, Rate.codec(), opts)
  }
}

export enum Method {
  METHOD_UNKNOWN = 'METHOD_UNKNOWN',
  SURVEYED = 'SURVEYED',
  REPORTED_BY_A = 'REPORTED_BY_A',
  REPORTED_BY_B = 'REPORTED_BY_B',
  REPORTED_BY_BOTH = 'REPORTED_BY_BOTH'
}

enum __MethodValues {
  METHOD_UNKNOWN = 0,
  SURVEYED = 1,
  REPORTED_BY_A = 2,
  REPORTED_BY_B = 3,
  REPORTED_BY_BOTH = 4
}

export namespace Method {
  export const codec = (): Codec<Method> => {
    return enumeration<Method>(__MethodValues)
  }
}
