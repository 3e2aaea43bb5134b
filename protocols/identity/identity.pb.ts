import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Binding {
  application: Uint8Array<ArrayBuffer>
  underlay: Uint8Array<ArrayBuffer>
  network: string
  issuedAtMs: bigint
  expiresAtMs: bigint
}

export namespace Binding {
  let _codec: Codec<Binding>

  export const codec = (): Codec<Binding> => {
    if (_codec == null) {
      _codec = message<Binding>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.application != null && obj.application.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.application)
        }

        if ((obj.underlay != null && obj.underlay.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.underlay)
        }

        if ((obj.network != null && obj.network !== '')) {
          w.uint32(26)
          w.string(obj.network)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(32)
          writeUint64(w, obj.issuedAtMs)
        }

        if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0n)) {
          w.uint32(40)
          writeUint64(w, obj.expiresAtMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          application: uint8ArrayAlloc(0),
          underlay: uint8ArrayAlloc(0),
          network: '',
          issuedAtMs: 0n,
          expiresAtMs: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.application = reader.bytes()
              break
            }
            case 2: {
              obj.underlay = reader.bytes()
              break
            }
            case 3: {
              obj.network = reader.string()
              break
            }
            case 4: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 5: {
              obj.expiresAtMs = reader.uint64()
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
                field: `${prefix}.application`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.underlay`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.network`,
                value: reader.string()
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
              yield {
                field: `${prefix}.expiresAtMs`,
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

  export interface BindingApplicationFieldEvent {
    field: '$.application'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BindingUnderlayFieldEvent {
    field: '$.underlay'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BindingNetworkFieldEvent {
    field: '$.network'
    value: string
  }

  export interface BindingIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface BindingExpiresAtMsFieldEvent {
    field: '$.expiresAtMs'
    value: bigint
  }

  export function encode (obj: Partial<Binding>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Binding.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Binding>): Binding {
    return decodeMessage(buf, Binding.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Binding>): Generator<BindingApplicationFieldEvent | BindingUnderlayFieldEvent | BindingNetworkFieldEvent | BindingIssuedAtMsFieldEvent | BindingExpiresAtMsFieldEvent> {
    return streamMessage(buf, Binding.codec(), opts)
  }
}

export interface Introduction {
  binding: Uint8Array<ArrayBuffer>
  to: Uint8Array<ArrayBuffer>
}

export namespace Introduction {
  let _codec: Codec<Introduction>

  export const codec = (): Codec<Introduction> => {
    if (_codec == null) {
      _codec = message<Introduction>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.binding != null && obj.binding.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.binding)
        }

        if ((obj.to != null && obj.to.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          binding: uint8ArrayAlloc(0),
          to: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.binding = reader.bytes()
              break
            }
            case 2: {
              obj.to = reader.bytes()
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
                field: `${prefix}.binding`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.to`,
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

  export interface IntroductionBindingFieldEvent {
    field: '$.binding'
    value: Uint8Array<ArrayBuffer>
  }

  export interface IntroductionToFieldEvent {
    field: '$.to'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Introduction>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Introduction.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Introduction>): Introduction {
    return decodeMessage(buf, Introduction.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Introduction>): Generator<IntroductionBindingFieldEvent | IntroductionToFieldEvent> {
    return streamMessage(buf, Introduction.codec(), opts)
  }
}

export interface Welcome {
  status: number
  binding: Uint8Array<ArrayBuffer>
}

export namespace Welcome {
  let _codec: Codec<Welcome>

  export const codec = (): Codec<Welcome> => {
    if (_codec == null) {
      _codec = message<Welcome>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(8)
          w.uint32(obj.status)
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
          status: 0,
          binding: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.status = reader.uint32()
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
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
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

  export interface WelcomeStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface WelcomeBindingFieldEvent {
    field: '$.binding'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Welcome>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Welcome.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome {
    return decodeMessage(buf, Welcome.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Generator<WelcomeStatusFieldEvent | WelcomeBindingFieldEvent> {
    return streamMessage(buf, Welcome.codec(), opts)
  }
}
