import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Install {
  authority: Uint8Array<ArrayBuffer>
  order: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
  index: number
  backLabel: Uint8Array<ArrayBuffer>
  bound: boolean
  proofs: Proof[]
}

export namespace Install {
  let _codec: Codec<Install>

  export const codec = (): Codec<Install> => {
    if (_codec == null) {
      _codec = message<Install>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.authority != null && obj.authority.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.authority)
        }

        if ((obj.order != null && obj.order.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.order)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(32)
          w.uint32(obj.index)
        }

        if ((obj.backLabel != null && obj.backLabel.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.backLabel)
        }

        if ((obj.bound != null && obj.bound !== false)) {
          w.uint32(48)
          w.bool(obj.bound)
        }

        if (obj.proofs != null && obj.proofs.length > 0) {
          for (const value of obj.proofs) {
            w.uint32(58)
            Proof.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          authority: uint8ArrayAlloc(0),
          order: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0),
          index: 0,
          backLabel: uint8ArrayAlloc(0),
          bound: false,
          proofs: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.authority = reader.bytes()
              break
            }
            case 2: {
              obj.order = reader.bytes()
              break
            }
            case 3: {
              obj.signature = reader.bytes()
              break
            }
            case 4: {
              obj.index = reader.uint32()
              break
            }
            case 5: {
              obj.backLabel = reader.bytes()
              break
            }
            case 6: {
              obj.bound = reader.bool()
              break
            }
            case 7: {
              if (opts.limits?.proofs != null && obj.proofs.length === opts.limits.proofs) {
                throw new MaxLengthError('Decode error - repeated field "proofs" had too many elements')
              }

              if (obj.proofs.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "proofs" had too many elements')
              }

              obj.proofs.push(Proof.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.proofs$
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
          proofs: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.authority`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.order`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.backLabel`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.bound`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              if (opts.limits?.proofs != null && obj.proofs === opts.limits.proofs) {
                throw new MaxLengthError('Streaming decode error - repeated field "proofs" had too many elements')
              }

              if (obj.proofs === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "proofs" had too many elements')
              }

              for (const evt of Proof.codec().stream(reader, reader.uint32(), `${prefix}.proofs[]`, {
                limits: opts.limits?.proofs$
              })) {
                yield {
                  ...evt,
                  index: obj.proofs
                }
              }

              obj.proofs++

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

  export interface InstallAuthorityFieldEvent {
    field: '$.authority'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstallOrderFieldEvent {
    field: '$.order'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstallSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstallIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface InstallBackLabelFieldEvent {
    field: '$.backLabel'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstallBoundFieldEvent {
    field: '$.bound'
    value: boolean
  }

  export interface InstallProofsIndexFieldEvent {
    field: '$.proofs[].index'
    value: number
    index: number
  }

  export interface InstallProofsCookieFieldEvent {
    field: '$.proofs[].cookie'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface InstallProofsSolutionFieldEvent {
    field: '$.proofs[].solution'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<Install>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Install.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Install>): Install {
    return decodeMessage(buf, Install.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Install>): Generator<InstallAuthorityFieldEvent | InstallOrderFieldEvent | InstallSignatureFieldEvent | InstallIndexFieldEvent | InstallBackLabelFieldEvent | InstallBoundFieldEvent | InstallProofsIndexFieldEvent | InstallProofsCookieFieldEvent | InstallProofsSolutionFieldEvent> {
    return streamMessage(buf, Install.codec(), opts)
  }
}

export interface Order {
  source: Uint8Array<ArrayBuffer>
  destination: Uint8Array<ArrayBuffer>
  sourceSalt: Uint8Array<ArrayBuffer>
  destinationSalt: Uint8Array<ArrayBuffer>
  pathDigest: Uint8Array<ArrayBuffer>
  flowLabel: Uint8Array<ArrayBuffer>
  nonce: Uint8Array<ArrayBuffer>
  issuedAtMs: bigint
  anchor: Uint8Array<ArrayBuffer>
  want: Want
}

export namespace Order {
  let _codec: Codec<Order>

  export const codec = (): Codec<Order> => {
    if (_codec == null) {
      _codec = message<Order>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.source != null && obj.source.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.source)
        }

        if ((obj.destination != null && obj.destination.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.destination)
        }

        if ((obj.sourceSalt != null && obj.sourceSalt.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.sourceSalt)
        }

        if ((obj.destinationSalt != null && obj.destinationSalt.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.destinationSalt)
        }

        if ((obj.pathDigest != null && obj.pathDigest.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.pathDigest)
        }

        if ((obj.flowLabel != null && obj.flowLabel.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.flowLabel)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.nonce)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(64)
          writeUint64(w, obj.issuedAtMs)
        }

        if ((obj.anchor != null && obj.anchor.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.anchor)
        }

        if (obj.want != null && __WantValues[obj.want] !== 0) {
          w.uint32(80)
          Want.codec().encode(obj.want, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          source: uint8ArrayAlloc(0),
          destination: uint8ArrayAlloc(0),
          sourceSalt: uint8ArrayAlloc(0),
          destinationSalt: uint8ArrayAlloc(0),
          pathDigest: uint8ArrayAlloc(0),
          flowLabel: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0),
          issuedAtMs: 0n,
          anchor: uint8ArrayAlloc(0),
          want: Want.LABELS
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.source = reader.bytes()
              break
            }
            case 2: {
              obj.destination = reader.bytes()
              break
            }
            case 3: {
              obj.sourceSalt = reader.bytes()
              break
            }
            case 4: {
              obj.destinationSalt = reader.bytes()
              break
            }
            case 5: {
              obj.pathDigest = reader.bytes()
              break
            }
            case 6: {
              obj.flowLabel = reader.bytes()
              break
            }
            case 7: {
              obj.nonce = reader.bytes()
              break
            }
            case 8: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 9: {
              obj.anchor = reader.bytes()
              break
            }
            case 10: {
              obj.want = Want.codec().decode(reader)
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
                field: `${prefix}.source`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.destination`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.sourceSalt`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.destinationSalt`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.pathDigest`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.flowLabel`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.issuedAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.anchor`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.want`,
                value: Want.codec().decode(reader)
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

  export interface OrderSourceFieldEvent {
    field: '$.source'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderDestinationFieldEvent {
    field: '$.destination'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderSourceSaltFieldEvent {
    field: '$.sourceSalt'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderDestinationSaltFieldEvent {
    field: '$.destinationSalt'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderPathDigestFieldEvent {
    field: '$.pathDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderFlowLabelFieldEvent {
    field: '$.flowLabel'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface OrderAnchorFieldEvent {
    field: '$.anchor'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OrderWantFieldEvent {
    field: '$.want'
    value: Want
  }

  export function encode (obj: Partial<Order>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Order.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Order>): Order {
    return decodeMessage(buf, Order.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Order>): Generator<OrderSourceFieldEvent | OrderDestinationFieldEvent | OrderSourceSaltFieldEvent | OrderDestinationSaltFieldEvent | OrderPathDigestFieldEvent | OrderFlowLabelFieldEvent | OrderNonceFieldEvent | OrderIssuedAtMsFieldEvent | OrderAnchorFieldEvent | OrderWantFieldEvent> {
    return streamMessage(buf, Order.codec(), opts)
  }
}

export enum Want {
  LABELS = 'LABELS',
  AUTHENTICATORS = 'AUTHENTICATORS'
}

enum __WantValues {
  LABELS = 0,
  AUTHENTICATORS = 1
}

export namespace Want {
  export const codec = (): Codec<Want> => {
    return enumeration<Want>(__WantValues)
  }
}

export interface Proof {
  index: number
  cookie: Uint8Array<ArrayBuffer>
  solution: Uint8Array<ArrayBuffer>
}

export namespace Proof {
  let _codec: Codec<Proof>

  export const codec = (): Codec<Proof> => {
    if (_codec == null) {
      _codec = message<Proof>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint32(obj.index)
        }

        if ((obj.cookie != null && obj.cookie.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.cookie)
        }

        if ((obj.solution != null && obj.solution.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.solution)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          cookie: uint8ArrayAlloc(0),
          solution: uint8ArrayAlloc(0)
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
              obj.cookie = reader.bytes()
              break
            }
            case 3: {
              obj.solution = reader.bytes()
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
                field: `${prefix}.cookie`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.solution`,
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

  export interface ProofIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface ProofCookieFieldEvent {
    field: '$.cookie'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ProofSolutionFieldEvent {
    field: '$.solution'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Proof>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Proof.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Proof>): Proof {
    return decodeMessage(buf, Proof.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Proof>): Generator<ProofIndexFieldEvent | ProofCookieFieldEvent | ProofSolutionFieldEvent> {
    return streamMessage(buf, Proof.codec(), opts)
  }
}

export interface Installed {
  label: Uint8Array<ArrayBuffer>
  leaseMs: number
  echo: Uint8Array<ArrayBuffer>
  authenticators: Uint8Array<ArrayBuffer>[]
}

export namespace Installed {
  let _codec: Codec<Installed>

  export const codec = (): Codec<Installed> => {
    if (_codec == null) {
      _codec = message<Installed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.label != null && obj.label.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.label)
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(16)
          w.uint32(obj.leaseMs)
        }

        if ((obj.echo != null && obj.echo.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.echo)
        }

        if (obj.authenticators != null && obj.authenticators.length > 0) {
          for (const value of obj.authenticators) {
            w.uint32(34)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          label: uint8ArrayAlloc(0),
          leaseMs: 0,
          echo: uint8ArrayAlloc(0),
          authenticators: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.label = reader.bytes()
              break
            }
            case 2: {
              obj.leaseMs = reader.uint32()
              break
            }
            case 3: {
              obj.echo = reader.bytes()
              break
            }
            case 4: {
              if (opts.limits?.authenticators != null && obj.authenticators.length === opts.limits.authenticators) {
                throw new MaxLengthError('Decode error - repeated field "authenticators" had too many elements')
              }

              if (obj.authenticators.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "authenticators" had too many elements')
              }

              obj.authenticators.push(reader.bytes())
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
          authenticators: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.label`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.leaseMs`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.echo`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              if (opts.limits?.authenticators != null && obj.authenticators === opts.limits.authenticators) {
                throw new MaxLengthError('Streaming decode error - repeated field "authenticators" had too many elements')
              }

              if (obj.authenticators === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "authenticators" had too many elements')
              }

              yield {
                field: `${prefix}.authenticators[]`,
                index: obj.authenticators,
                value: reader.bytes()
              }

              obj.authenticators++

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

  export interface InstalledLabelFieldEvent {
    field: '$.label'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstalledLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export interface InstalledEchoFieldEvent {
    field: '$.echo'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstalledAuthenticatorsFieldEvent {
    field: '$.authenticators[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Installed>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Installed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Installed>): Installed {
    return decodeMessage(buf, Installed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Installed>): Generator<InstalledLabelFieldEvent | InstalledLeaseMsFieldEvent | InstalledEchoFieldEvent | InstalledAuthenticatorsFieldEvent> {
    return streamMessage(buf, Installed.codec(), opts)
  }
}

export interface Bind {
  orderId: Uint8Array<ArrayBuffer>
  backLabel: Uint8Array<ArrayBuffer>
}

export namespace Bind {
  let _codec: Codec<Bind>

  export const codec = (): Codec<Bind> => {
    if (_codec == null) {
      _codec = message<Bind>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.orderId != null && obj.orderId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.orderId)
        }

        if ((obj.backLabel != null && obj.backLabel.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.backLabel)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          orderId: uint8ArrayAlloc(0),
          backLabel: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.orderId = reader.bytes()
              break
            }
            case 2: {
              obj.backLabel = reader.bytes()
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
                field: `${prefix}.orderId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.backLabel`,
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

  export interface BindOrderIdFieldEvent {
    field: '$.orderId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface BindBackLabelFieldEvent {
    field: '$.backLabel'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Bind>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Bind.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bind>): Bind {
    return decodeMessage(buf, Bind.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bind>): Generator<BindOrderIdFieldEvent | BindBackLabelFieldEvent> {
    return streamMessage(buf, Bind.codec(), opts)
  }
}

export interface Bound {
  label: Uint8Array<ArrayBuffer>
}

export namespace Bound {
  let _codec: Codec<Bound>

  export const codec = (): Codec<Bound> => {
    if (_codec == null) {
      _codec = message<Bound>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.label != null && obj.label.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.label)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          label: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.label = reader.bytes()
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
                field: `${prefix}.label`,
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

  export interface BoundLabelFieldEvent {
    field: '$.label'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Bound>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Bound.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bound>): Bound {
    return decodeMessage(buf, Bound.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bound>): Generator<BoundLabelFieldEvent> {
    return streamMessage(buf, Bound.codec(), opts)
  }
}

export interface Refresh {
  label: Uint8Array<ArrayBuffer>
  chain: Uint8Array<ArrayBuffer>
}

export namespace Refresh {
  let _codec: Codec<Refresh>

  export const codec = (): Codec<Refresh> => {
    if (_codec == null) {
      _codec = message<Refresh>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.label != null && obj.label.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.label)
        }

        if ((obj.chain != null && obj.chain.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.chain)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          label: uint8ArrayAlloc(0),
          chain: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.label = reader.bytes()
              break
            }
            case 2: {
              obj.chain = reader.bytes()
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
                field: `${prefix}.label`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.chain`,
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

  export interface RefreshLabelFieldEvent {
    field: '$.label'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RefreshChainFieldEvent {
    field: '$.chain'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Refresh>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Refresh.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refresh>): Refresh {
    return decodeMessage(buf, Refresh.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refresh>): Generator<RefreshLabelFieldEvent | RefreshChainFieldEvent> {
    return streamMessage(buf, Refresh.codec(), opts)
  }
}

export interface Refreshed {
  leaseMs: number
}

export namespace Refreshed {
  let _codec: Codec<Refreshed>

  export const codec = (): Codec<Refreshed> => {
    if (_codec == null) {
      _codec = message<Refreshed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.leaseMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          leaseMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
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

  export interface RefreshedLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export function encode (obj: Partial<Refreshed>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Refreshed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refreshed>): Refreshed {
    return decodeMessage(buf, Refreshed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refreshed>): Generator<RefreshedLeaseMsFieldEvent> {
    return streamMessage(buf, Refreshed.codec(), opts)
  }
}

export interface Remove {
  label: Uint8Array<ArrayBuffer>
  orderId: Uint8Array<ArrayBuffer>
}

export namespace Remove {
  let _codec: Codec<Remove>

  export const codec = (): Codec<Remove> => {
    if (_codec == null) {
      _codec = message<Remove>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.label != null && obj.label.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.label)
        }

        if ((obj.orderId != null && obj.orderId.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.orderId)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          label: uint8ArrayAlloc(0),
          orderId: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.label = reader.bytes()
              break
            }
            case 2: {
              obj.orderId = reader.bytes()
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
                field: `${prefix}.label`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.orderId`,
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

  export interface RemoveLabelFieldEvent {
    field: '$.label'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RemoveOrderIdFieldEvent {
    field: '$.orderId'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Remove>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Remove.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Remove>): Remove {
    return decodeMessage(buf, Remove.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Remove>): Generator<RemoveLabelFieldEvent | RemoveOrderIdFieldEvent> {
    return streamMessage(buf, Remove.codec(), opts)
  }
}

export interface Failure {
  index: number
  message: string
  challenge?: Challenge
}

export namespace Failure {
  let _codec: Codec<Failure>

  export const codec = (): Codec<Failure> => {
    if (_codec == null) {
      _codec = message<Failure>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint32(obj.index)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(18)
          w.string(obj.message)
        }

        if (obj.challenge != null) {
          w.uint32(26)
          Challenge.codec().encode(obj.challenge, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0,
          message: ''
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
              obj.message = reader.string()
              break
            }
            case 3: {
              obj.challenge = Challenge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.challenge
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
                field: `${prefix}.index`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield * Challenge.codec().stream(reader, reader.uint32(), `${prefix}.challenge`, {
                limits: opts.limits?.challenge
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

  export interface FailureIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface FailureMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface FailureChallengeCookieFieldEvent {
    field: '$.challenge.cookie'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FailureChallengeBitsFieldEvent {
    field: '$.challenge.bits'
    value: number
  }

  export function encode (obj: Partial<Failure>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Failure.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Failure {
    return decodeMessage(buf, Failure.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Generator<FailureIndexFieldEvent | FailureMessageFieldEvent | FailureChallengeCookieFieldEvent | FailureChallengeBitsFieldEvent> {
    return streamMessage(buf, Failure.codec(), opts)
  }
}

export interface Challenge {
  cookie: Uint8Array<ArrayBuffer>
  bits: number
}

export namespace Challenge {
  let _codec: Codec<Challenge>

  export const codec = (): Codec<Challenge> => {
    if (_codec == null) {
      _codec = message<Challenge>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.cookie != null && obj.cookie.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.cookie)
        }

        if ((obj.bits != null && obj.bits !== 0)) {
          w.uint32(16)
          w.uint32(obj.bits)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          cookie: uint8ArrayAlloc(0),
          bits: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.cookie = reader.bytes()
              break
            }
            case 2: {
              obj.bits = reader.uint32()
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
                field: `${prefix}.cookie`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.bits`,
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

  export interface ChallengeCookieFieldEvent {
    field: '$.cookie'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ChallengeBitsFieldEvent {
    field: '$.bits'
    value: number
  }

  export function encode (obj: Partial<Challenge>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Challenge.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Challenge>): Challenge {
    return decodeMessage(buf, Challenge.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Challenge>): Generator<ChallengeCookieFieldEvent | ChallengeBitsFieldEvent> {
    return streamMessage(buf, Challenge.codec(), opts)
  }
}
