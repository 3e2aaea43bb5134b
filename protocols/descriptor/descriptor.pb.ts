/* eslint-disable require-yield */

import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Descriptor {
  peer: Uint8Array<ArrayBuffer>
  sequence: bigint
  issuedAtMs: bigint
  expiresAtMs: bigint
  network: string
  endpoints: Endpoint[]
  operator: string
  tags: Tag[]
  forwarder?: ForwarderTerms
  rsp?: RspTerms
  host?: HostTerms
  bootstrap?: BootstrapTerms
}

export namespace Descriptor {
  let _codec: Codec<Descriptor>

  export const codec = (): Codec<Descriptor> => {
    if (_codec == null) {
      _codec = message<Descriptor>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peer != null && obj.peer.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peer)
        }

        if ((obj.sequence != null && obj.sequence !== 0n)) {
          w.uint32(16)
          writeUint64(w, obj.sequence)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.issuedAtMs)
        }

        if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0n)) {
          w.uint32(32)
          writeUint64(w, obj.expiresAtMs)
        }

        if ((obj.network != null && obj.network !== '')) {
          w.uint32(42)
          w.string(obj.network)
        }

        if (obj.endpoints != null && obj.endpoints.length > 0) {
          for (const value of obj.endpoints) {
            w.uint32(50)
            Endpoint.codec().encode(value, w)
          }
        }

        if ((obj.operator != null && obj.operator !== '')) {
          w.uint32(58)
          w.string(obj.operator)
        }

        if (obj.tags != null && obj.tags.length > 0) {
          for (const value of obj.tags) {
            w.uint32(66)
            Tag.codec().encode(value, w)
          }
        }

        if (obj.forwarder != null) {
          w.uint32(74)
          ForwarderTerms.codec().encode(obj.forwarder, w)
        }

        if (obj.rsp != null) {
          w.uint32(82)
          RspTerms.codec().encode(obj.rsp, w)
        }

        if (obj.host != null) {
          w.uint32(90)
          HostTerms.codec().encode(obj.host, w)
        }

        if (obj.bootstrap != null) {
          w.uint32(98)
          BootstrapTerms.codec().encode(obj.bootstrap, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peer: uint8ArrayAlloc(0),
          sequence: 0n,
          issuedAtMs: 0n,
          expiresAtMs: 0n,
          network: '',
          endpoints: [],
          operator: '',
          tags: []
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
              obj.sequence = reader.uint64()
              break
            }
            case 3: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 4: {
              obj.expiresAtMs = reader.uint64()
              break
            }
            case 5: {
              obj.network = reader.string()
              break
            }
            case 6: {
              if (opts.limits?.endpoints != null && obj.endpoints.length === opts.limits.endpoints) {
                throw new MaxLengthError('Decode error - repeated field "endpoints" had too many elements')
              }

              if (obj.endpoints.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "endpoints" had too many elements')
              }

              obj.endpoints.push(Endpoint.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.endpoints$
              }))
              break
            }
            case 7: {
              obj.operator = reader.string()
              break
            }
            case 8: {
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
            case 9: {
              obj.forwarder = ForwarderTerms.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.forwarder
              })
              break
            }
            case 10: {
              obj.rsp = RspTerms.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rsp
              })
              break
            }
            case 11: {
              obj.host = HostTerms.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.host
              })
              break
            }
            case 12: {
              obj.bootstrap = BootstrapTerms.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.bootstrap
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
        const obj = {
          endpoints: 8,
          tags: 16
        }

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
                field: `${prefix}.expiresAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.network`,
                value: reader.string()
              }
              break
            }
            case 6: {
              if (opts.limits?.endpoints != null && obj.endpoints === opts.limits.endpoints) {
                throw new MaxLengthError('Streaming decode error - repeated field "endpoints" had too many elements')
              }

              if (obj.endpoints === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "endpoints" had too many elements')
              }

              for (const evt of Endpoint.codec().stream(reader, reader.uint32(), `${prefix}.endpoints[]`, {
                limits: opts.limits?.endpoints$
              })) {
                yield {
                  ...evt,
                  index: obj.endpoints
                }
              }

              obj.endpoints++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.operator`,
                value: reader.string()
              }
              break
            }
            case 8: {
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
            case 9: {
              yield * ForwarderTerms.codec().stream(reader, reader.uint32(), `${prefix}.forwarder`, {
                limits: opts.limits?.forwarder
              })

              break
            }
            case 10: {
              yield * RspTerms.codec().stream(reader, reader.uint32(), `${prefix}.rsp`, {
                limits: opts.limits?.rsp
              })

              break
            }
            case 11: {
              yield * HostTerms.codec().stream(reader, reader.uint32(), `${prefix}.host`, {
                limits: opts.limits?.host
              })

              break
            }
            case 12: {
              yield * BootstrapTerms.codec().stream(reader, reader.uint32(), `${prefix}.bootstrap`, {
                limits: opts.limits?.bootstrap
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

  export interface DescriptorPeerFieldEvent {
    field: '$.peer'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DescriptorSequenceFieldEvent {
    field: '$.sequence'
    value: bigint
  }

  export interface DescriptorIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface DescriptorExpiresAtMsFieldEvent {
    field: '$.expiresAtMs'
    value: bigint
  }

  export interface DescriptorNetworkFieldEvent {
    field: '$.network'
    value: string
  }

  export interface DescriptorEndpointsPeerFieldEvent {
    field: '$.endpoints[].peer'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DescriptorEndpointsAddressesFieldEvent {
    field: '$.endpoints[].addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface DescriptorOperatorFieldEvent {
    field: '$.operator'
    value: string
  }

  export interface DescriptorTagsKeyFieldEvent {
    field: '$.tags[].key'
    value: string
    index: number
  }

  export interface DescriptorTagsValueFieldEvent {
    field: '$.tags[].value'
    value: string
    index: number
  }

  export interface DescriptorForwarderCapacityBytesPerSecondFieldEvent {
    field: '$.forwarder.capacityBytesPerSecond'
    value: bigint
  }

  export interface DescriptorForwarderMaxAttachmentsFieldEvent {
    field: '$.forwarder.maxAttachments'
    value: number
  }

  export interface DescriptorForwarderMaxNeighboursFieldEvent {
    field: '$.forwarder.maxNeighbours'
    value: number
  }

  export interface DescriptorRspMapKindFieldEvent {
    field: '$.rsp.mapKind'
    value: MapKind
  }

  export interface DescriptorRspMetricsFieldEvent {
    field: '$.rsp.metrics[]'
    index: number
    value: string
  }

  export interface DescriptorRspPriceMicroFieldEvent {
    field: '$.rsp.priceMicro'
    value: bigint
  }

  export interface DescriptorRspClausesFieldEvent {
    field: '$.rsp.clauses[]'
    index: number
    value: string
  }

  export interface DescriptorHostAccessForwarderFieldEvent {
    field: '$.host.access[].forwarder'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DescriptorHostAccessRttUsFieldEvent {
    field: '$.host.access[].rttUs'
    value: number
    index: number
  }

  export interface DescriptorHostAccessAttachedFieldEvent {
    field: '$.host.access[].attached'
    value: boolean
    index: number
  }

  export interface DescriptorHostBindingFieldEvent {
    field: '$.host.binding'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Descriptor>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Descriptor.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Descriptor>): Descriptor {
    return decodeMessage(buf, Descriptor.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Descriptor>): Generator<DescriptorPeerFieldEvent | DescriptorSequenceFieldEvent | DescriptorIssuedAtMsFieldEvent | DescriptorExpiresAtMsFieldEvent | DescriptorNetworkFieldEvent | DescriptorEndpointsPeerFieldEvent | DescriptorEndpointsAddressesFieldEvent | DescriptorOperatorFieldEvent | DescriptorTagsKeyFieldEvent | DescriptorTagsValueFieldEvent | DescriptorForwarderCapacityBytesPerSecondFieldEvent | DescriptorForwarderMaxAttachmentsFieldEvent | DescriptorForwarderMaxNeighboursFieldEvent | DescriptorRspMapKindFieldEvent | DescriptorRspMetricsFieldEvent | DescriptorRspPriceMicroFieldEvent | DescriptorRspClausesFieldEvent | DescriptorHostAccessForwarderFieldEvent | DescriptorHostAccessRttUsFieldEvent | DescriptorHostAccessAttachedFieldEvent | DescriptorHostBindingFieldEvent> {
    return streamMessage(buf, Descriptor.codec(), opts)
  }
}

export enum Role {
  UNKNOWN = 'UNKNOWN',
  FORWARDER = 'FORWARDER',
  RSP = 'RSP',
  HOST = 'HOST',
  BOOTSTRAP = 'BOOTSTRAP'
}

enum __RoleValues {
  UNKNOWN = 0,
  FORWARDER = 1,
  RSP = 2,
  HOST = 3,
  BOOTSTRAP = 4
}

export namespace Role {
  export const codec = (): Codec<Role> => {
    return enumeration<Role>(__RoleValues)
  }
}

export interface Endpoint {
  peer: Uint8Array<ArrayBuffer>
  addresses: Uint8Array<ArrayBuffer>[]
}

export namespace Endpoint {
  let _codec: Codec<Endpoint>

  export const codec = (): Codec<Endpoint> => {
    if (_codec == null) {
      _codec = message<Endpoint>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peer != null && obj.peer.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peer)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peer: uint8ArrayAlloc(0),
          addresses: []
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
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.bytes())
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
          addresses: 16
        }

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
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.bytes()
              }

              obj.addresses++

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

  export interface EndpointPeerFieldEvent {
    field: '$.peer'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EndpointAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Endpoint>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Endpoint.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Endpoint>): Endpoint {
    return decodeMessage(buf, Endpoint.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Endpoint>): Generator<EndpointPeerFieldEvent | EndpointAddressesFieldEvent> {
    return streamMessage(buf, Endpoint.codec(), opts)
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

export interface ForwarderTerms {
  capacityBytesPerSecond: bigint
  maxAttachments: number
  maxNeighbours: number
}

export namespace ForwarderTerms {
  let _codec: Codec<ForwarderTerms>

  export const codec = (): Codec<ForwarderTerms> => {
    if (_codec == null) {
      _codec = message<ForwarderTerms>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.capacityBytesPerSecond != null && obj.capacityBytesPerSecond !== 0n)) {
          w.uint32(8)
          writeUint64(w, obj.capacityBytesPerSecond)
        }

        if ((obj.maxAttachments != null && obj.maxAttachments !== 0)) {
          w.uint32(16)
          w.uint32(obj.maxAttachments)
        }

        if ((obj.maxNeighbours != null && obj.maxNeighbours !== 0)) {
          w.uint32(24)
          w.uint32(obj.maxNeighbours)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          capacityBytesPerSecond: 0n,
          maxAttachments: 0,
          maxNeighbours: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.capacityBytesPerSecond = reader.uint64()
              break
            }
            case 2: {
              obj.maxAttachments = reader.uint32()
              break
            }
            case 3: {
              obj.maxNeighbours = reader.uint32()
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
                field: `${prefix}.capacityBytesPerSecond`,
                value: reader.uint64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.maxAttachments`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.maxNeighbours`,
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

  export interface ForwarderTermsCapacityBytesPerSecondFieldEvent {
    field: '$.capacityBytesPerSecond'
    value: bigint
  }

  export interface ForwarderTermsMaxAttachmentsFieldEvent {
    field: '$.maxAttachments'
    value: number
  }

  export interface ForwarderTermsMaxNeighboursFieldEvent {
    field: '$.maxNeighbours'
    value: number
  }

  export function encode (obj: Partial<ForwarderTerms>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ForwarderTerms.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ForwarderTerms>): ForwarderTerms {
    return decodeMessage(buf, ForwarderTerms.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ForwarderTerms>): Generator<ForwarderTermsCapacityBytesPerSecondFieldEvent | ForwarderTermsMaxAttachmentsFieldEvent | ForwarderTermsMaxNeighboursFieldEvent> {
    return streamMessage(buf, ForwarderTerms.codec(), opts)
  }
}

export interface RspTerms {
  mapKind: MapKind
  metrics: string[]
  priceMicro: bigint
  clauses: string[]
}

export namespace RspTerms {
  let _codec: Codec<RspTerms>

  export const codec = (): Codec<RspTerms> => {
    if (_codec == null) {
      _codec = message<RspTerms>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.mapKind != null && __MapKindValues[obj.mapKind] !== 0) {
          w.uint32(8)
          MapKind.codec().encode(obj.mapKind, w)
        }

        if (obj.metrics != null && obj.metrics.length > 0) {
          for (const value of obj.metrics) {
            w.uint32(18)
            w.string(value)
          }
        }

        if ((obj.priceMicro != null && obj.priceMicro !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.priceMicro)
        }

        if (obj.clauses != null && obj.clauses.length > 0) {
          for (const value of obj.clauses) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          mapKind: MapKind.UNSPECIFIED,
          metrics: [],
          priceMicro: 0n,
          clauses: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.mapKind = MapKind.codec().decode(reader)
              break
            }
            case 2: {
              if (opts.limits?.metrics != null && obj.metrics.length === opts.limits.metrics) {
                throw new MaxLengthError('Decode error - repeated field "metrics" had too many elements')
              }

              if (obj.metrics.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "metrics" had too many elements')
              }

              obj.metrics.push(reader.string())
              break
            }
            case 3: {
              obj.priceMicro = reader.uint64()
              break
            }
            case 4: {
              if (opts.limits?.clauses != null && obj.clauses.length === opts.limits.clauses) {
                throw new MaxLengthError('Decode error - repeated field "clauses" had too many elements')
              }

              if (obj.clauses.length === 24) {
                throw new MaxLengthError('Decode error - repeated field "clauses" had too many elements')
              }

              obj.clauses.push(reader.string())
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
          metrics: 16,
          clauses: 24
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.mapKind`,
                value: MapKind.codec().decode(reader)
              }
              break
            }
            case 2: {
              if (opts.limits?.metrics != null && obj.metrics === opts.limits.metrics) {
                throw new MaxLengthError('Streaming decode error - repeated field "metrics" had too many elements')
              }

              if (obj.metrics === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "metrics" had too many elements')
              }

              yield {
                field: `${prefix}.metrics[]`,
                index: obj.metrics,
                value: reader.string()
              }

              obj.metrics++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.priceMicro`,
                value: reader.uint64()
              }
              break
            }
            case 4: {
              if (opts.limits?.clauses != null && obj.clauses === opts.limits.clauses) {
                throw new MaxLengthError('Streaming decode error - repeated field "clauses" had too many elements')
              }

              if (obj.clauses === 24) {
                throw new MaxLengthError('Streaming decode error - repeated field "clauses" had too many elements')
              }

              yield {
                field: `${prefix}.clauses[]`,
                index: obj.clauses,
                value: reader.string()
              }

              obj.clauses++

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

  export interface RspTermsMapKindFieldEvent {
    field: '$.mapKind'
    value: MapKind
  }

  export interface RspTermsMetricsFieldEvent {
    field: '$.metrics[]'
    index: number
    value: string
  }

  export interface RspTermsPriceMicroFieldEvent {
    field: '$.priceMicro'
    value: bigint
  }

  export interface RspTermsClausesFieldEvent {
    field: '$.clauses[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<RspTerms>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RspTerms.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RspTerms>): RspTerms {
    return decodeMessage(buf, RspTerms.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RspTerms>): Generator<RspTermsMapKindFieldEvent | RspTermsMetricsFieldEvent | RspTermsPriceMicroFieldEvent | RspTermsClausesFieldEvent> {
    return streamMessage(buf, RspTerms.codec(), opts)
  }
}

export enum MapKind {
  UNSPECIFIED = 'UNSPECIFIED',
  REPORTS = 'REPORTS',
  SURVEYS = 'SURVEYS'
}

enum __MapKindValues {
  UNSPECIFIED = 0,
  REPORTS = 1,
  SURVEYS = 2
}

export namespace MapKind {
  export const codec = (): Codec<MapKind> => {
    return enumeration<MapKind>(__MapKindValues)
  }
}

export interface HostTerms {
  access: Access[]
  binding: Uint8Array<ArrayBuffer>
}

export namespace HostTerms {
  let _codec: Codec<HostTerms>

  export const codec = (): Codec<HostTerms> => {
    if (_codec == null) {
      _codec = message<HostTerms>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.access != null && obj.access.length > 0) {
          for (const value of obj.access) {
            w.uint32(10)
            Access.codec().encode(value, w)
          }
        }

        if ((obj.binding != null && obj.binding.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.binding)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          access: [],
          binding: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.access != null && obj.access.length === opts.limits.access) {
                throw new MaxLengthError('Decode error - repeated field "access" had too many elements')
              }

              if (obj.access.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "access" had too many elements')
              }

              obj.access.push(Access.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.access$
              }))
              break
            }
            case 2: {
              obj.binding = reader.bytes()
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
          access: 64
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.access != null && obj.access === opts.limits.access) {
                throw new MaxLengthError('Streaming decode error - repeated field "access" had too many elements')
              }

              if (obj.access === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "access" had too many elements')
              }

              for (const evt of Access.codec().stream(reader, reader.uint32(), `${prefix}.access[]`, {
                limits: opts.limits?.access$
              })) {
                yield {
                  ...evt,
                  index: obj.access
                }
              }

              obj.access++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.binding`,
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

  export interface HostTermsAccessForwarderFieldEvent {
    field: '$.access[].forwarder'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface HostTermsAccessRttUsFieldEvent {
    field: '$.access[].rttUs'
    value: number
    index: number
  }

  export interface HostTermsAccessAttachedFieldEvent {
    field: '$.access[].attached'
    value: boolean
    index: number
  }

  export interface HostTermsBindingFieldEvent {
    field: '$.binding'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<HostTerms>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, HostTerms.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HostTerms>): HostTerms {
    return decodeMessage(buf, HostTerms.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HostTerms>): Generator<HostTermsAccessForwarderFieldEvent | HostTermsAccessRttUsFieldEvent | HostTermsAccessAttachedFieldEvent | HostTermsBindingFieldEvent> {
    return streamMessage(buf, HostTerms.codec(), opts)
  }
}

export interface BootstrapTerms {}

export namespace BootstrapTerms {
  let _codec: Codec<BootstrapTerms>

  export const codec = (): Codec<BootstrapTerms> => {
    if (_codec == null) {
      _codec = message<BootstrapTerms>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
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

  export function encode (obj: Partial<BootstrapTerms>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, BootstrapTerms.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BootstrapTerms>): BootstrapTerms {
    return decodeMessage(buf, BootstrapTerms.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BootstrapTerms>): Generator<{}> {
    return streamMessage(buf, BootstrapTerms.codec(), opts)
  }
}

export interface Access {
  forwarder: Uint8Array<ArrayBuffer>
  rttUs: number
  attached: boolean
}

export namespace Access {
  let _codec: Codec<Access>

  export const codec = (): Codec<Access> => {
    if (_codec == null) {
      _codec = message<Access>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.forwarder != null && obj.forwarder.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.forwarder)
        }

        if ((obj.rttUs != null && obj.rttUs !== 0)) {
          w.uint32(16)
          w.uint32(obj.rttUs)
        }

        if ((obj.attached != null && obj.attached !== false)) {
          w.uint32(24)
          w.bool(obj.attached)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          forwarder: uint8ArrayAlloc(0),
          rttUs: 0,
          attached: false
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
              obj.rttUs = reader.uint32()
              break
            }
            case 3: {
              obj.attached = reader.bool()
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
                field: `${prefix}.forwarder`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.rttUs`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.attached`,
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

  export interface AccessForwarderFieldEvent {
    field: '$.forwarder'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AccessRttUsFieldEvent {
    field: '$.rttUs'
    value: number
  }

  export interface AccessAttachedFieldEvent {
    field: '$.attached'
    value: boolean
  }

  export function encode (obj: Partial<Access>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Access.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Access>): Access {
    return decodeMessage(buf, Access.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Access>): Generator<AccessForwarderFieldEvent | AccessRttUsFieldEvent | AccessAttachedFieldEvent> {
    return streamMessage(buf, Access.codec(), opts)
  }
}

export interface DescriptorRequest {
  self: boolean
  role: Role
  peer: Uint8Array<ArrayBuffer>
  limit: number
  application: Uint8Array<ArrayBuffer>
}

export namespace DescriptorRequest {
  let _codec: Codec<DescriptorRequest>

  export const codec = (): Codec<DescriptorRequest> => {
    if (_codec == null) {
      _codec = message<DescriptorRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.self != null && obj.self !== false)) {
          w.uint32(8)
          w.bool(obj.self)
        }

        if (obj.role != null && __RoleValues[obj.role] !== 0) {
          w.uint32(16)
          Role.codec().encode(obj.role, w)
        }

        if ((obj.peer != null && obj.peer.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.peer)
        }

        if ((obj.limit != null && obj.limit !== 0)) {
          w.uint32(32)
          w.uint32(obj.limit)
        }

        if ((obj.application != null && obj.application.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.application)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          self: false,
          role: Role.UNKNOWN,
          peer: uint8ArrayAlloc(0),
          limit: 0,
          application: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.self = reader.bool()
              break
            }
            case 2: {
              obj.role = Role.codec().decode(reader)
              break
            }
            case 3: {
              obj.peer = reader.bytes()
              break
            }
            case 4: {
              obj.limit = reader.uint32()
              break
            }
            case 5: {
              obj.application = reader.bytes()
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
                field: `${prefix}.self`,
                value: reader.bool()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.role`,
                value: Role.codec().decode(reader)
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.peer`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.limit`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.application`,
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

  export interface DescriptorRequestSelfFieldEvent {
    field: '$.self'
    value: boolean
  }

  export interface DescriptorRequestRoleFieldEvent {
    field: '$.role'
    value: Role
  }

  export interface DescriptorRequestPeerFieldEvent {
    field: '$.peer'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DescriptorRequestLimitFieldEvent {
    field: '$.limit'
    value: number
  }

  export interface DescriptorRequestApplicationFieldEvent {
    field: '$.application'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<DescriptorRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DescriptorRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorRequest>): DescriptorRequest {
    return decodeMessage(buf, DescriptorRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorRequest>): Generator<DescriptorRequestSelfFieldEvent | DescriptorRequestRoleFieldEvent | DescriptorRequestPeerFieldEvent | DescriptorRequestLimitFieldEvent | DescriptorRequestApplicationFieldEvent> {
    return streamMessage(buf, DescriptorRequest.codec(), opts)
  }
}

export interface DescriptorResponse {
  descriptors: Uint8Array<ArrayBuffer>[]
}

export namespace DescriptorResponse {
  let _codec: Codec<DescriptorResponse>

  export const codec = (): Codec<DescriptorResponse> => {
    if (_codec == null) {
      _codec = message<DescriptorResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.descriptors != null && obj.descriptors.length > 0) {
          for (const value of obj.descriptors) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          descriptors: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.descriptors != null && obj.descriptors.length === opts.limits.descriptors) {
                throw new MaxLengthError('Decode error - repeated field "descriptors" had too many elements')
              }

              if (obj.descriptors.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "descriptors" had too many elements')
              }

              obj.descriptors.push(reader.bytes())
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
          descriptors: 64
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.descriptors != null && obj.descriptors === opts.limits.descriptors) {
                throw new MaxLengthError('Streaming decode error - repeated field "descriptors" had too many elements')
              }

              if (obj.descriptors === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "descriptors" had too many elements')
              }

              yield {
                field: `${prefix}.descriptors[]`,
                index: obj.descriptors,
                value: reader.bytes()
              }

              obj.descriptors++

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

  export interface DescriptorResponseDescriptorsFieldEvent {
    field: '$.descriptors[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<DescriptorResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DescriptorResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorResponse>): DescriptorResponse {
    return decodeMessage(buf, DescriptorResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorResponse>): Generator<DescriptorResponseDescriptorsFieldEvent> {
    return streamMessage(buf, DescriptorResponse.codec(), opts)
  }
}
