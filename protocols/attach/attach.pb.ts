import { decodeMessage, encodeMessage, enumeration, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface AttachRequest {
  operation: AttachRequest.Operation
  descriptor: Uint8Array<ArrayBuffer>
  leaseMs: number
  advertise: boolean
}

export namespace AttachRequest {
  export enum Operation {
    ATTACH = 'ATTACH',
    DETACH = 'DETACH'
  }

  enum __OperationValues {
    ATTACH = 0,
    DETACH = 1
  }

  export namespace Operation {
    export const codec = (): Codec<Operation> => {
      return enumeration<Operation>(__OperationValues)
    }
  }

  let _codec: Codec<AttachRequest>

  export const codec = (): Codec<AttachRequest> => {
    if (_codec == null) {
      _codec = message<AttachRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.operation != null && __OperationValues[obj.operation] !== 0) {
          w.uint32(8)
          AttachRequest.Operation.codec().encode(obj.operation, w)
        }

        if ((obj.descriptor != null && obj.descriptor.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.descriptor)
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(24)
          w.uint32(obj.leaseMs)
        }

        if ((obj.advertise != null && obj.advertise !== false)) {
          w.uint32(32)
          w.bool(obj.advertise)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          operation: Operation.ATTACH,
          descriptor: uint8ArrayAlloc(0),
          leaseMs: 0,
          advertise: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.operation = AttachRequest.Operation.codec().decode(reader)
              break
            }
            case 2: {
              obj.descriptor = reader.bytes()
              break
            }
            case 3: {
              obj.leaseMs = reader.uint32()
              break
            }
            case 4: {
              obj.advertise = reader.bool()
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
                field: `${prefix}.operation`,
                value: AttachRequest.Operation.codec().decode(reader)
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.descriptor`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.leaseMs`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.advertise`,
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

  export interface AttachRequestOperationFieldEvent {
    field: '$.operation'
    value: AttachRequest.Operation
  }

  export interface AttachRequestDescriptorFieldEvent {
    field: '$.descriptor'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AttachRequestLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export interface AttachRequestAdvertiseFieldEvent {
    field: '$.advertise'
    value: boolean
  }

  export function encode (obj: Partial<AttachRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, AttachRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AttachRequest>): AttachRequest {
    return decodeMessage(buf, AttachRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AttachRequest>): Generator<AttachRequestOperationFieldEvent | AttachRequestDescriptorFieldEvent | AttachRequestLeaseMsFieldEvent | AttachRequestAdvertiseFieldEvent> {
    return streamMessage(buf, AttachRequest.codec(), opts)
  }
}

export interface AttachResponse {
  leaseMs: number
  attachments: number
  maxAttachments: number
}

export namespace AttachResponse {
  let _codec: Codec<AttachResponse>

  export const codec = (): Codec<AttachResponse> => {
    if (_codec == null) {
      _codec = message<AttachResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.leaseMs)
        }

        if ((obj.attachments != null && obj.attachments !== 0)) {
          w.uint32(16)
          w.uint32(obj.attachments)
        }

        if ((obj.maxAttachments != null && obj.maxAttachments !== 0)) {
          w.uint32(24)
          w.uint32(obj.maxAttachments)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          leaseMs: 0,
          attachments: 0,
          maxAttachments: 0
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
              obj.attachments = reader.uint32()
              break
            }
            case 3: {
              obj.maxAttachments = reader.uint32()
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
                field: `${prefix}.attachments`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.maxAttachments`,
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

  export interface AttachResponseLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export interface AttachResponseAttachmentsFieldEvent {
    field: '$.attachments'
    value: number
  }

  export interface AttachResponseMaxAttachmentsFieldEvent {
    field: '$.maxAttachments'
    value: number
  }

  export function encode (obj: Partial<AttachResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, AttachResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AttachResponse>): AttachResponse {
    return decodeMessage(buf, AttachResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AttachResponse>): Generator<AttachResponseLeaseMsFieldEvent | AttachResponseAttachmentsFieldEvent | AttachResponseMaxAttachmentsFieldEvent> {
    return streamMessage(buf, AttachResponse.codec(), opts)
  }
}
