import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface UsageRequest {
  sequence: bigint
  cursor: number
}

export namespace UsageRequest {
  let _codec: Codec<UsageRequest>

  export const codec = (): Codec<UsageRequest> => {
    if (_codec == null) {
      _codec = message<UsageRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sequence != null && obj.sequence !== 0n)) {
          w.uint32(8)
          writeUint64(w, obj.sequence)
        }

        if ((obj.cursor != null && obj.cursor !== 0)) {
          w.uint32(16)
          w.uint32(obj.cursor)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sequence: 0n,
          cursor: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sequence = reader.uint64()
              break
            }
            case 2: {
              obj.cursor = reader.uint32()
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
                field: `${prefix}.sequence`,
                value: reader.uint64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.cursor`,
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

  export interface UsageRequestSequenceFieldEvent {
    field: '$.sequence'
    value: bigint
  }

  export interface UsageRequestCursorFieldEvent {
    field: '$.cursor'
    value: number
  }

  export function encode (obj: Partial<UsageRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, UsageRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UsageRequest>): UsageRequest {
    return decodeMessage(buf, UsageRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UsageRequest>): Generator<UsageRequestSequenceFieldEvent | UsageRequestCursorFieldEvent> {
    return streamMessage(buf, UsageRequest.codec(), opts)
  }
}

export interface UsageResponse {
  receipt: Uint8Array<ArrayBuffer>
}

export namespace UsageResponse {
  let _codec: Codec<UsageResponse>

  export const codec = (): Codec<UsageResponse> => {
    if (_codec == null) {
      _codec = message<UsageResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.receipt != null && obj.receipt.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.receipt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          receipt: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.receipt = reader.bytes()
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
                field: `${prefix}.receipt`,
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

  export interface UsageResponseReceiptFieldEvent {
    field: '$.receipt'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<UsageResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, UsageResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UsageResponse>): UsageResponse {
    return decodeMessage(buf, UsageResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UsageResponse>): Generator<UsageResponseReceiptFieldEvent> {
    return streamMessage(buf, UsageResponse.codec(), opts)
  }
}

export interface Receipt {
  forwarder: Uint8Array<ArrayBuffer>
  rsp: Uint8Array<ArrayBuffer>
  sinceMs: bigint
  sequence: bigint
  issuedAtMs: bigint
  totalPackets: bigint
  totalBytes: bigint
  cursor: number
  nextCursor: number
  rows: UsageRow[]
}

export namespace Receipt {
  let _codec: Codec<Receipt>

  export const codec = (): Codec<Receipt> => {
    if (_codec == null) {
      _codec = message<Receipt>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.forwarder != null && obj.forwarder.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.forwarder)
        }

        if ((obj.rsp != null && obj.rsp.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.rsp)
        }

        if ((obj.sinceMs != null && obj.sinceMs !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.sinceMs)
        }

        if ((obj.sequence != null && obj.sequence !== 0n)) {
          w.uint32(32)
          writeUint64(w, obj.sequence)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(40)
          writeUint64(w, obj.issuedAtMs)
        }

        if ((obj.totalPackets != null && obj.totalPackets !== 0n)) {
          w.uint32(48)
          writeUint64(w, obj.totalPackets)
        }

        if ((obj.totalBytes != null && obj.totalBytes !== 0n)) {
          w.uint32(56)
          writeUint64(w, obj.totalBytes)
        }

        if ((obj.cursor != null && obj.cursor !== 0)) {
          w.uint32(64)
          w.uint32(obj.cursor)
        }

        if ((obj.nextCursor != null && obj.nextCursor !== 0)) {
          w.uint32(72)
          w.uint32(obj.nextCursor)
        }

        if (obj.rows != null && obj.rows.length > 0) {
          for (const value of obj.rows) {
            w.uint32(82)
            UsageRow.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          forwarder: uint8ArrayAlloc(0),
          rsp: uint8ArrayAlloc(0),
          sinceMs: 0n,
          sequence: 0n,
          issuedAtMs: 0n,
          totalPackets: 0n,
          totalBytes: 0n,
          cursor: 0,
          nextCursor: 0,
          rows: []
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
              obj.rsp = reader.bytes()
              break
            }
            case 3: {
              obj.sinceMs = reader.uint64()
              break
            }
            case 4: {
              obj.sequence = reader.uint64()
              break
            }
            case 5: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 6: {
              obj.totalPackets = reader.uint64()
              break
            }
            case 7: {
              obj.totalBytes = reader.uint64()
              break
            }
            case 8: {
              obj.cursor = reader.uint32()
              break
            }
            case 9: {
              obj.nextCursor = reader.uint32()
              break
            }
            case 10: {
              if (opts.limits?.rows != null && obj.rows.length === opts.limits.rows) {
                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements')
              }

              if (obj.rows.length === 512) {
                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements')
              }

              obj.rows.push(UsageRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rows$
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
          rows: 512
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
                field: `${prefix}.rsp`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.sinceMs`,
                value: reader.uint64()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.issuedAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.totalPackets`,
                value: reader.uint64()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.totalBytes`,
                value: reader.uint64()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.cursor`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.nextCursor`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              if (opts.limits?.rows != null && obj.rows === opts.limits.rows) {
                throw new MaxLengthError('Streaming decode error - repeated field "rows" had too many elements')
              }

              if (obj.rows === 512) {
                throw new MaxLengthError('Streaming decode error - repeated field "rows" had too many elements')
              }

              for (const evt of UsageRow.codec().stream(reader, reader.uint32(), `${prefix}.rows[]`, {
                limits: opts.limits?.rows$
              })) {
                yield {
                  ...evt,
                  index: obj.rows
                }
              }

              obj.rows++

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

  export interface ReceiptForwarderFieldEvent {
    field: '$.forwarder'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReceiptRspFieldEvent {
    field: '$.rsp'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReceiptSinceMsFieldEvent {
    field: '$.sinceMs'
    value: bigint
  }

  export interface ReceiptSequenceFieldEvent {
    field: '$.sequence'
    value: bigint
  }

  export interface ReceiptIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface ReceiptTotalPacketsFieldEvent {
    field: '$.totalPackets'
    value: bigint
  }

  export interface ReceiptTotalBytesFieldEvent {
    field: '$.totalBytes'
    value: bigint
  }

  export interface ReceiptCursorFieldEvent {
    field: '$.cursor'
    value: number
  }

  export interface ReceiptNextCursorFieldEvent {
    field: '$.nextCursor'
    value: number
  }

  export interface ReceiptRowsPathNumberFieldEvent {
    field: '$.rows[].pathNumber'
    value: number
    index: number
  }

  export interface ReceiptRowsNextFieldEvent {
    field: '$.rows[].next'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ReceiptRowsPacketsFieldEvent {
    field: '$.rows[].packets'
    value: bigint
    index: number
  }

  export interface ReceiptRowsBytesFieldEvent {
    field: '$.rows[].bytes'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Receipt>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Receipt.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Receipt {
    return decodeMessage(buf, Receipt.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Generator<ReceiptForwarderFieldEvent | ReceiptRspFieldEvent | ReceiptSinceMsFieldEvent | ReceiptSequenceFieldEvent | ReceiptIssuedAtMsFieldEvent | ReceiptTotalPacketsFieldEvent | ReceiptTotalBytesFieldEvent | ReceiptCursorFieldEvent | ReceiptNextCursorFieldEvent | ReceiptRowsPathNumberFieldEvent | ReceiptRowsNextFieldEvent | ReceiptRowsPacketsFieldEvent | ReceiptRowsBytesFieldEvent> {
    return streamMessage(buf, Receipt.codec(), opts)
  }
}

export interface UsageRow {
  pathNumber?: number
  next: Uint8Array<ArrayBuffer>
  packets: bigint
  bytes: bigint
}

export namespace UsageRow {
  let _codec: Codec<UsageRow>

  export const codec = (): Codec<UsageRow> => {
    if (_codec == null) {
      _codec = message<UsageRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.pathNumber != null) {
          w.uint32(8)
          w.uint32(obj.pathNumber)
        }

        if ((obj.next != null && obj.next.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.next)
        }

        if ((obj.packets != null && obj.packets !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.packets)
        }

        if ((obj.bytes != null && obj.bytes !== 0n)) {
          w.uint32(32)
          writeUint64(w, obj.bytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          next: uint8ArrayAlloc(0),
          packets: 0n,
          bytes: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.pathNumber = reader.uint32()
              break
            }
            case 2: {
              obj.next = reader.bytes()
              break
            }
            case 3: {
              obj.packets = reader.uint64()
              break
            }
            case 4: {
              obj.bytes = reader.uint64()
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
                field: `${prefix}.pathNumber`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.next`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.packets`,
                value: reader.uint64()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.bytes`,
                value: reader.uint64()
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

  export interface UsageRowPathNumberFieldEvent {
    field: '$.pathNumber'
    value: number
  }

  export interface UsageRowNextFieldEvent {
    field: '$.next'
    value: Uint8Array<ArrayBuffer>
  }

  export interface UsageRowPacketsFieldEvent {
    field: '$.packets'
    value: bigint
  }

  export interface UsageRowBytesFieldEvent {
    field: '$.bytes'
    value: bigint
  }

  export function encode (obj: Partial<UsageRow>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, UsageRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UsageRow>): UsageRow {
    return decodeMessage(buf, UsageRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UsageRow>): Generator<UsageRowPathNumberFieldEvent | UsageRowNextFieldEvent | UsageRowPacketsFieldEvent | UsageRowBytesFieldEvent> {
    return streamMessage(buf, UsageRow.codec(), opts)
  }
}
