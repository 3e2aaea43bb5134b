import { writeUint64 } from '../uint64.ts'
import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface RouteRequest {
  query: Uint8Array<ArrayBuffer>
}

export namespace RouteRequest {
  let _codec: Codec<RouteRequest>

  export const codec = (): Codec<RouteRequest> => {
    if (_codec == null) {
      _codec = message<RouteRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.query != null && obj.query.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.query)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          query: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.query = reader.bytes()
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
                field: `${prefix}.query`,
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

  export interface RouteRequestQueryFieldEvent {
    field: '$.query'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<RouteRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RouteRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RouteRequest>): RouteRequest {
    return decodeMessage(buf, RouteRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RouteRequest>): Generator<RouteRequestQueryFieldEvent> {
    return streamMessage(buf, RouteRequest.codec(), opts)
  }
}

export interface Query {
  nonce: Uint8Array<ArrayBuffer>
  source: AccessPoint[]
  destination: AccessPoint[]
  sourceCommitment: Uint8Array<ArrayBuffer>
  destinationCommitment: Uint8Array<ArrayBuffer>
  weights?: Weights
  paths: number
  avoid: Uint8Array<ArrayBuffer>[]
  text: string
  explain: boolean
}

export namespace Query {
  let _codec: Codec<Query>

  export const codec = (): Codec<Query> => {
    if (_codec == null) {
      _codec = message<Query>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.nonce)
        }

        if (obj.source != null && obj.source.length > 0) {
          for (const value of obj.source) {
            w.uint32(18)
            AccessPoint.codec().encode(value, w)
          }
        }

        if (obj.destination != null && obj.destination.length > 0) {
          for (const value of obj.destination) {
            w.uint32(26)
            AccessPoint.codec().encode(value, w)
          }
        }

        if ((obj.sourceCommitment != null && obj.sourceCommitment.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sourceCommitment)
        }

        if ((obj.destinationCommitment != null && obj.destinationCommitment.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.destinationCommitment)
        }

        if (obj.weights != null) {
          w.uint32(50)
          Weights.codec().encode(obj.weights, w)
        }

        if ((obj.paths != null && obj.paths !== 0)) {
          w.uint32(56)
          w.uint32(obj.paths)
        }

        if (obj.avoid != null && obj.avoid.length > 0) {
          for (const value of obj.avoid) {
            w.uint32(66)
            w.bytes(value)
          }
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(74)
          w.string(obj.text)
        }

        if ((obj.explain != null && obj.explain !== false)) {
          w.uint32(80)
          w.bool(obj.explain)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: uint8ArrayAlloc(0),
          source: [],
          destination: [],
          sourceCommitment: uint8ArrayAlloc(0),
          destinationCommitment: uint8ArrayAlloc(0),
          paths: 0,
          avoid: [],
          text: '',
          explain: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.source != null && obj.source.length === opts.limits.source) {
                throw new MaxLengthError('Decode error - repeated field "source" had too many elements')
              }

              if (obj.source.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "source" had too many elements')
              }

              obj.source.push(AccessPoint.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.source$
              }))
              break
            }
            case 3: {
              if (opts.limits?.destination != null && obj.destination.length === opts.limits.destination) {
                throw new MaxLengthError('Decode error - repeated field "destination" had too many elements')
              }

              if (obj.destination.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "destination" had too many elements')
              }

              obj.destination.push(AccessPoint.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.destination$
              }))
              break
            }
            case 4: {
              obj.sourceCommitment = reader.bytes()
              break
            }
            case 5: {
              obj.destinationCommitment = reader.bytes()
              break
            }
            case 6: {
              obj.weights = Weights.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.weights
              })
              break
            }
            case 7: {
              obj.paths = reader.uint32()
              break
            }
            case 8: {
              if (opts.limits?.avoid != null && obj.avoid.length === opts.limits.avoid) {
                throw new MaxLengthError('Decode error - repeated field "avoid" had too many elements')
              }

              if (obj.avoid.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "avoid" had too many elements')
              }

              obj.avoid.push(reader.bytes())
              break
            }
            case 9: {
              obj.text = reader.string()
              break
            }
            case 10: {
              obj.explain = reader.bool()
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
          source: 64,
          destination: 64,
          avoid: 64
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.source != null && obj.source === opts.limits.source) {
                throw new MaxLengthError('Streaming decode error - repeated field "source" had too many elements')
              }

              if (obj.source === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "source" had too many elements')
              }

              for (const evt of AccessPoint.codec().stream(reader, reader.uint32(), `${prefix}.source[]`, {
                limits: opts.limits?.source$
              })) {
                yield {
                  ...evt,
                  index: obj.source
                }
              }

              obj.source++

              break
            }
            case 3: {
              if (opts.limits?.destination != null && obj.destination === opts.limits.destination) {
                throw new MaxLengthError('Streaming decode error - repeated field "destination" had too many elements')
              }

              if (obj.destination === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "destination" had too many elements')
              }

              for (const evt of AccessPoint.codec().stream(reader, reader.uint32(), `${prefix}.destination[]`, {
                limits: opts.limits?.destination$
              })) {
                yield {
                  ...evt,
                  index: obj.destination
                }
              }

              obj.destination++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.sourceCommitment`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.destinationCommitment`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield * Weights.codec().stream(reader, reader.uint32(), `${prefix}.weights`, {
                limits: opts.limits?.weights
              })

              break
            }
            case 7: {
              yield {
                field: `${prefix}.paths`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              if (opts.limits?.avoid != null && obj.avoid === opts.limits.avoid) {
                throw new MaxLengthError('Streaming decode error - repeated field "avoid" had too many elements')
              }

              if (obj.avoid === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "avoid" had too many elements')
              }

              yield {
                field: `${prefix}.avoid[]`,
                index: obj.avoid,
                value: reader.bytes()
              }

              obj.avoid++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.explain`,
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

  export interface QueryNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface QuerySourceForwarderFieldEvent {
    field: '$.source[].forwarder'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface QuerySourceRttUsFieldEvent {
    field: '$.source[].rttUs'
    value: number
    index: number
  }

  export interface QueryDestinationForwarderFieldEvent {
    field: '$.destination[].forwarder'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface QueryDestinationRttUsFieldEvent {
    field: '$.destination[].rttUs'
    value: number
    index: number
  }

  export interface QuerySourceCommitmentFieldEvent {
    field: '$.sourceCommitment'
    value: Uint8Array<ArrayBuffer>
  }

  export interface QueryDestinationCommitmentFieldEvent {
    field: '$.destinationCommitment'
    value: Uint8Array<ArrayBuffer>
  }

  export interface QueryWeightsDelayFieldEvent {
    field: '$.weights.delay'
    value: number
  }

  export interface QueryWeightsLossFieldEvent {
    field: '$.weights.loss'
    value: number
  }

  export interface QueryPathsFieldEvent {
    field: '$.paths'
    value: number
  }

  export interface QueryAvoidFieldEvent {
    field: '$.avoid[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface QueryTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface QueryExplainFieldEvent {
    field: '$.explain'
    value: boolean
  }

  export function encode (obj: Partial<Query>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Query.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Query>): Query {
    return decodeMessage(buf, Query.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Query>): Generator<QueryNonceFieldEvent | QuerySourceForwarderFieldEvent | QuerySourceRttUsFieldEvent | QueryDestinationForwarderFieldEvent | QueryDestinationRttUsFieldEvent | QuerySourceCommitmentFieldEvent | QueryDestinationCommitmentFieldEvent | QueryWeightsDelayFieldEvent | QueryWeightsLossFieldEvent | QueryPathsFieldEvent | QueryAvoidFieldEvent | QueryTextFieldEvent | QueryExplainFieldEvent> {
    return streamMessage(buf, Query.codec(), opts)
  }
}

export interface AccessPoint {
  forwarder: Uint8Array<ArrayBuffer>
  rttUs: number
}

export namespace AccessPoint {
  let _codec: Codec<AccessPoint>

  export const codec = (): Codec<AccessPoint> => {
    if (_codec == null) {
      _codec = message<AccessPoint>((obj, w, opts = {}) => {
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

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          forwarder: uint8ArrayAlloc(0),
          rttUs: 0
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

  export interface AccessPointForwarderFieldEvent {
    field: '$.forwarder'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AccessPointRttUsFieldEvent {
    field: '$.rttUs'
    value: number
  }

  export function encode (obj: Partial<AccessPoint>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, AccessPoint.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AccessPoint>): AccessPoint {
    return decodeMessage(buf, AccessPoint.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AccessPoint>): Generator<AccessPointForwarderFieldEvent | AccessPointRttUsFieldEvent> {
    return streamMessage(buf, AccessPoint.codec(), opts)
  }
}

export interface Weights {
  delay: number
  loss: number
}

export namespace Weights {
  let _codec: Codec<Weights>

  export const codec = (): Codec<Weights> => {
    if (_codec == null) {
      _codec = message<Weights>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.delay != null && obj.delay !== 0)) {
          w.uint32(13)
          w.float(obj.delay)
        }

        if ((obj.loss != null && obj.loss !== 0)) {
          w.uint32(21)
          w.float(obj.loss)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          delay: 0,
          loss: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.delay = reader.float()
              break
            }
            case 2: {
              obj.loss = reader.float()
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
                field: `${prefix}.delay`,
                value: reader.float()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.loss`,
                value: reader.float()
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

  export interface WeightsDelayFieldEvent {
    field: '$.delay'
    value: number
  }

  export interface WeightsLossFieldEvent {
    field: '$.loss'
    value: number
  }

  export function encode (obj: Partial<Weights>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Weights.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Weights>): Weights {
    return decodeMessage(buf, Weights.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Weights>): Generator<WeightsDelayFieldEvent | WeightsLossFieldEvent> {
    return streamMessage(buf, Weights.codec(), opts)
  }
}

export interface RouteResponse {
  root?: SignedRoot
  offers: Offer[]
  verdict?: Verdict
}

export namespace RouteResponse {
  let _codec: Codec<RouteResponse>

  export const codec = (): Codec<RouteResponse> => {
    if (_codec == null) {
      _codec = message<RouteResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.root != null) {
          w.uint32(10)
          SignedRoot.codec().encode(obj.root, w)
        }

        if (obj.offers != null && obj.offers.length > 0) {
          for (const value of obj.offers) {
            w.uint32(18)
            Offer.codec().encode(value, w)
          }
        }

        if (obj.verdict != null) {
          w.uint32(26)
          Verdict.codec().encode(obj.verdict, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          offers: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.root = SignedRoot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.root
              })
              break
            }
            case 2: {
              if (opts.limits?.offers != null && obj.offers.length === opts.limits.offers) {
                throw new MaxLengthError('Decode error - repeated field "offers" had too many elements')
              }

              if (obj.offers.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "offers" had too many elements')
              }

              obj.offers.push(Offer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.offers$
              }))
              break
            }
            case 3: {
              obj.verdict = Verdict.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.verdict
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
          offers: 8
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * SignedRoot.codec().stream(reader, reader.uint32(), `${prefix}.root`, {
                limits: opts.limits?.root
              })

              break
            }
            case 2: {
              if (opts.limits?.offers != null && obj.offers === opts.limits.offers) {
                throw new MaxLengthError('Streaming decode error - repeated field "offers" had too many elements')
              }

              if (obj.offers === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "offers" had too many elements')
              }

              for (const evt of Offer.codec().stream(reader, reader.uint32(), `${prefix}.offers[]`, {
                limits: opts.limits?.offers$
              })) {
                yield {
                  ...evt,
                  index: obj.offers
                }
              }

              obj.offers++

              break
            }
            case 3: {
              yield * Verdict.codec().stream(reader, reader.uint32(), `${prefix}.verdict`, {
                limits: opts.limits?.verdict
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

  export interface RouteResponseRootRspFieldEvent {
    field: '$.root.rsp'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RouteResponseRootRootFieldEvent {
    field: '$.root.root'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RouteResponseRootTreeSizeFieldEvent {
    field: '$.root.treeSize'
    value: bigint
  }

  export interface RouteResponseRootIssuedAtMsFieldEvent {
    field: '$.root.issuedAtMs'
    value: bigint
  }

  export interface RouteResponseRootSignatureFieldEvent {
    field: '$.root.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RouteResponseOffersPathFieldEvent {
    field: '$.offers[].path'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RouteResponseOffersLeafIndexFieldEvent {
    field: '$.offers[].leafIndex'
    value: bigint
    index: number
  }

  export interface RouteResponseOffersProofFieldEvent {
    field: '$.offers[].proof[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface RouteResponseVerdictClausesClauseFieldEvent {
    field: '$.verdict.clauses[].clause'
    value: string
    index: number
  }

  export interface RouteResponseVerdictClausesStrengthFieldEvent {
    field: '$.verdict.clauses[].strength'
    value: Strength
    index: number
  }

  export interface RouteResponseVerdictClausesSupportFieldEvent {
    field: '$.verdict.clauses[].support'
    value: Support
    index: number
  }

  export interface RouteResponseVerdictClausesKeptFieldEvent {
    field: '$.verdict.clauses[].kept'
    value: number
    index: number
  }

  export interface RouteResponseVerdictClausesNoteFieldEvent {
    field: '$.verdict.clauses[].note'
    value: string
    index: number
  }

  export interface RouteResponseVerdictWeightsDelayFieldEvent {
    field: '$.verdict.weights.delay'
    value: number
  }

  export interface RouteResponseVerdictWeightsLossFieldEvent {
    field: '$.verdict.weights.loss'
    value: number
  }

  export interface RouteResponseVerdictExplanationFieldEvent {
    field: '$.verdict.explanation'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<RouteResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RouteResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RouteResponse>): RouteResponse {
    return decodeMessage(buf, RouteResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RouteResponse>): Generator<RouteResponseRootRspFieldEvent | RouteResponseRootRootFieldEvent | RouteResponseRootTreeSizeFieldEvent | RouteResponseRootIssuedAtMsFieldEvent | RouteResponseRootSignatureFieldEvent | RouteResponseOffersPathFieldEvent | RouteResponseOffersLeafIndexFieldEvent | RouteResponseOffersProofFieldEvent | RouteResponseVerdictClausesClauseFieldEvent | RouteResponseVerdictClausesStrengthFieldEvent | RouteResponseVerdictClausesSupportFieldEvent | RouteResponseVerdictClausesKeptFieldEvent | RouteResponseVerdictClausesNoteFieldEvent | RouteResponseVerdictWeightsDelayFieldEvent | RouteResponseVerdictWeightsLossFieldEvent | RouteResponseVerdictExplanationFieldEvent> {
    return streamMessage(buf, RouteResponse.codec(), opts)
  }
}

export interface Verdict {
  clauses: ClauseVerdict[]
  weights?: Weights
  explanation: Uint8Array<ArrayBuffer>
}

export namespace Verdict {
  let _codec: Codec<Verdict>

  export const codec = (): Codec<Verdict> => {
    if (_codec == null) {
      _codec = message<Verdict>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.clauses != null && obj.clauses.length > 0) {
          for (const value of obj.clauses) {
            w.uint32(10)
            ClauseVerdict.codec().encode(value, w)
          }
        }

        if (obj.weights != null) {
          w.uint32(18)
          Weights.codec().encode(obj.weights, w)
        }

        if ((obj.explanation != null && obj.explanation.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.explanation)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          clauses: [],
          explanation: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.clauses != null && obj.clauses.length === opts.limits.clauses) {
                throw new MaxLengthError('Decode error - repeated field "clauses" had too many elements')
              }

              if (obj.clauses.length === 48) {
                throw new MaxLengthError('Decode error - repeated field "clauses" had too many elements')
              }

              obj.clauses.push(ClauseVerdict.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.clauses$
              }))
              break
            }
            case 2: {
              obj.weights = Weights.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.weights
              })
              break
            }
            case 3: {
              obj.explanation = reader.bytes()
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
          clauses: 48
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.clauses != null && obj.clauses === opts.limits.clauses) {
                throw new MaxLengthError('Streaming decode error - repeated field "clauses" had too many elements')
              }

              if (obj.clauses === 48) {
                throw new MaxLengthError('Streaming decode error - repeated field "clauses" had too many elements')
              }

              for (const evt of ClauseVerdict.codec().stream(reader, reader.uint32(), `${prefix}.clauses[]`, {
                limits: opts.limits?.clauses$
              })) {
                yield {
                  ...evt,
                  index: obj.clauses
                }
              }

              obj.clauses++

              break
            }
            case 2: {
              yield * Weights.codec().stream(reader, reader.uint32(), `${prefix}.weights`, {
                limits: opts.limits?.weights
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.explanation`,
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

  export interface VerdictClausesClauseFieldEvent {
    field: '$.clauses[].clause'
    value: string
    index: number
  }

  export interface VerdictClausesStrengthFieldEvent {
    field: '$.clauses[].strength'
    value: Strength
    index: number
  }

  export interface VerdictClausesSupportFieldEvent {
    field: '$.clauses[].support'
    value: Support
    index: number
  }

  export interface VerdictClausesKeptFieldEvent {
    field: '$.clauses[].kept'
    value: number
    index: number
  }

  export interface VerdictClausesNoteFieldEvent {
    field: '$.clauses[].note'
    value: string
    index: number
  }

  export interface VerdictWeightsDelayFieldEvent {
    field: '$.weights.delay'
    value: number
  }

  export interface VerdictWeightsLossFieldEvent {
    field: '$.weights.loss'
    value: number
  }

  export interface VerdictExplanationFieldEvent {
    field: '$.explanation'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Verdict>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Verdict.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Verdict>): Verdict {
    return decodeMessage(buf, Verdict.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Verdict>): Generator<VerdictClausesClauseFieldEvent | VerdictClausesStrengthFieldEvent | VerdictClausesSupportFieldEvent | VerdictClausesKeptFieldEvent | VerdictClausesNoteFieldEvent | VerdictWeightsDelayFieldEvent | VerdictWeightsLossFieldEvent | VerdictExplanationFieldEvent> {
    return streamMessage(buf, Verdict.codec(), opts)
  }
}

export interface ClauseVerdict {
  clause: string
  strength: Strength
  support: Support
  kept: number
  note: string
}

export namespace ClauseVerdict {
  let _codec: Codec<ClauseVerdict>

  export const codec = (): Codec<ClauseVerdict> => {
    if (_codec == null) {
      _codec = message<ClauseVerdict>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.clause != null && obj.clause !== '')) {
          w.uint32(10)
          w.string(obj.clause)
        }

        if (obj.strength != null && __StrengthValues[obj.strength] !== 0) {
          w.uint32(16)
          Strength.codec().encode(obj.strength, w)
        }

        if (obj.support != null && __SupportValues[obj.support] !== 0) {
          w.uint32(24)
          Support.codec().encode(obj.support, w)
        }

        if ((obj.kept != null && obj.kept !== 0)) {
          w.uint32(32)
          w.uint32(obj.kept)
        }

        if ((obj.note != null && obj.note !== '')) {
          w.uint32(42)
          w.string(obj.note)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          clause: '',
          strength: Strength.STRENGTH_UNSPECIFIED,
          support: Support.SUPPORT_UNSPECIFIED,
          kept: 0,
          note: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.clause = reader.string()
              break
            }
            case 2: {
              obj.strength = Strength.codec().decode(reader)
              break
            }
            case 3: {
              obj.support = Support.codec().decode(reader)
              break
            }
            case 4: {
              obj.kept = reader.uint32()
              break
            }
            case 5: {
              obj.note = reader.string()
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
                field: `${prefix}.clause`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.strength`,
                value: Strength.codec().decode(reader)
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.support`,
                value: Support.codec().decode(reader)
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.kept`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.note`,
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

  export interface ClauseVerdictClauseFieldEvent {
    field: '$.clause'
    value: string
  }

  export interface ClauseVerdictStrengthFieldEvent {
    field: '$.strength'
    value: Strength
  }

  export interface ClauseVerdictSupportFieldEvent {
    field: '$.support'
    value: Support
  }

  export interface ClauseVerdictKeptFieldEvent {
    field: '$.kept'
    value: number
  }

  export interface ClauseVerdictNoteFieldEvent {
    field: '$.note'
    value: string
  }

  export function encode (obj: Partial<ClauseVerdict>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ClauseVerdict.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClauseVerdict>): ClauseVerdict {
    return decodeMessage(buf, ClauseVerdict.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClauseVerdict>): Generator<ClauseVerdictClauseFieldEvent | ClauseVerdictStrengthFieldEvent | ClauseVerdictSupportFieldEvent | ClauseVerdictKeptFieldEvent | ClauseVerdictNoteFieldEvent> {
    return streamMessage(buf, ClauseVerdict.codec(), opts)
  }
}

export enum Strength {
  STRENGTH_UNSPECIFIED = 'STRENGTH_UNSPECIFIED',
  MANDATORY = 'MANDATORY',
  OPTIONAL = 'OPTIONAL'
}

enum __StrengthValues {
  STRENGTH_UNSPECIFIED = 0,
  MANDATORY = 1,
  OPTIONAL = 2
}

export namespace Strength {
  export const codec = (): Codec<Strength> => {
    return enumeration<Strength>(__StrengthValues)
  }
}

export enum Support {
  SUPPORT_UNSPECIFIED = 'SUPPORT_UNSPECIFIED',
  SUPPORTED = 'SUPPORTED',
  UNSUPPORTED = 'UNSUPPORTED'
}

enum __SupportValues {
  SUPPORT_UNSPECIFIED = 0,
  SUPPORTED = 1,
  UNSUPPORTED = 2
}

export namespace Support {
  export const codec = (): Codec<Support> => {
    return enumeration<Support>(__SupportValues)
  }
}

export interface WatchRequest {
  watch: number
  query: Uint8Array<ArrayBuffer>
  present: Uint8Array<ArrayBuffer>[]
  marginPpm: number
  lifetimeMs: number
}

export namespace WatchRequest {
  let _codec: Codec<WatchRequest>

  export const codec = (): Codec<WatchRequest> => {
    if (_codec == null) {
      _codec = message<WatchRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.watch != null && obj.watch !== 0)) {
          w.uint32(8)
          w.uint32(obj.watch)
        }

        if ((obj.query != null && obj.query.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.query)
        }

        if (obj.present != null && obj.present.length > 0) {
          for (const value of obj.present) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.marginPpm != null && obj.marginPpm !== 0)) {
          w.uint32(32)
          w.uint32(obj.marginPpm)
        }

        if ((obj.lifetimeMs != null && obj.lifetimeMs !== 0)) {
          w.uint32(40)
          w.uint32(obj.lifetimeMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          watch: 0,
          query: uint8ArrayAlloc(0),
          present: [],
          marginPpm: 0,
          lifetimeMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.watch = reader.uint32()
              break
            }
            case 2: {
              obj.query = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.present != null && obj.present.length === opts.limits.present) {
                throw new MaxLengthError('Decode error - repeated field "present" had too many elements')
              }

              if (obj.present.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "present" had too many elements')
              }

              obj.present.push(reader.bytes())
              break
            }
            case 4: {
              obj.marginPpm = reader.uint32()
              break
            }
            case 5: {
              obj.lifetimeMs = reader.uint32()
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
          present: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.watch`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.query`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              if (opts.limits?.present != null && obj.present === opts.limits.present) {
                throw new MaxLengthError('Streaming decode error - repeated field "present" had too many elements')
              }

              if (obj.present === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "present" had too many elements')
              }

              yield {
                field: `${prefix}.present[]`,
                index: obj.present,
                value: reader.bytes()
              }

              obj.present++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.marginPpm`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.lifetimeMs`,
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

  export interface WatchRequestWatchFieldEvent {
    field: '$.watch'
    value: number
  }

  export interface WatchRequestQueryFieldEvent {
    field: '$.query'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WatchRequestPresentFieldEvent {
    field: '$.present[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WatchRequestMarginPpmFieldEvent {
    field: '$.marginPpm'
    value: number
  }

  export interface WatchRequestLifetimeMsFieldEvent {
    field: '$.lifetimeMs'
    value: number
  }

  export function encode (obj: Partial<WatchRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WatchRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchRequest>): WatchRequest {
    return decodeMessage(buf, WatchRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchRequest>): Generator<WatchRequestWatchFieldEvent | WatchRequestQueryFieldEvent | WatchRequestPresentFieldEvent | WatchRequestMarginPpmFieldEvent | WatchRequestLifetimeMsFieldEvent> {
    return streamMessage(buf, WatchRequest.codec(), opts)
  }
}

export interface WatchResponse {
  event: WatchEvent
  changePpm: number
}

export namespace WatchResponse {
  let _codec: Codec<WatchResponse>

  export const codec = (): Codec<WatchResponse> => {
    if (_codec == null) {
      _codec = message<WatchResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.event != null && __WatchEventValues[obj.event] !== 0) {
          w.uint32(8)
          WatchEvent.codec().encode(obj.event, w)
        }

        if ((obj.changePpm != null && obj.changePpm !== 0)) {
          w.uint32(16)
          w.uint32(obj.changePpm)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          event: WatchEvent.WATCH_EVENT_UNSPECIFIED,
          changePpm: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.event = WatchEvent.codec().decode(reader)
              break
            }
            case 2: {
              obj.changePpm = reader.uint32()
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
                field: `${prefix}.event`,
                value: WatchEvent.codec().decode(reader)
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.changePpm`,
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

  export interface WatchResponseEventFieldEvent {
    field: '$.event'
    value: WatchEvent
  }

  export interface WatchResponseChangePpmFieldEvent {
    field: '$.changePpm'
    value: number
  }

  export function encode (obj: Partial<WatchResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WatchResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchResponse>): WatchResponse {
    return decodeMessage(buf, WatchResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchResponse>): Generator<WatchResponseEventFieldEvent | WatchResponseChangePpmFieldEvent> {
    return streamMessage(buf, WatchResponse.codec(), opts)
  }
}

export enum WatchEvent {
  WATCH_EVENT_UNSPECIFIED = 'WATCH_EVENT_UNSPECIFIED',
  ENDED = 'ENDED',
  BETTER = 'BETTER',
  DEGRADED = 'DEGRADED',
  FAILED = 'FAILED'
}

enum __WatchEventValues {
  WATCH_EVENT_UNSPECIFIED = 0,
  ENDED = 1,
  BETTER = 2,
  DEGRADED = 3,
  FAILED = 4
}

export namespace WatchEvent {
  export const codec = (): Codec<WatchEvent> => {
    return enumeration<WatchEvent>(__WatchEventValues)
  }
}

export interface SignedRoot {
  rsp: Uint8Array<ArrayBuffer>
  root: Uint8Array<ArrayBuffer>
  treeSize: bigint
  issuedAtMs: bigint
  signature: Uint8Array<ArrayBuffer>
}

export namespace SignedRoot {
  let _codec: Codec<SignedRoot>

  export const codec = (): Codec<SignedRoot> => {
    if (_codec == null) {
      _codec = message<SignedRoot>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rsp != null && obj.rsp.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.rsp)
        }

        if ((obj.root != null && obj.root.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.root)
        }

        if ((obj.treeSize != null && obj.treeSize !== 0n)) {
          w.uint32(24)
          writeUint64(w, obj.treeSize)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0n)) {
          w.uint32(32)
          writeUint64(w, obj.issuedAtMs)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rsp: uint8ArrayAlloc(0),
          root: uint8ArrayAlloc(0),
          treeSize: 0n,
          issuedAtMs: 0n,
          signature: uint8ArrayAlloc(0)
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
              obj.root = reader.bytes()
              break
            }
            case 3: {
              obj.treeSize = reader.uint64()
              break
            }
            case 4: {
              obj.issuedAtMs = reader.uint64()
              break
            }
            case 5: {
              obj.signature = reader.bytes()
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
                field: `${prefix}.rsp`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.root`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.treeSize`,
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
              yield {
                field: `${prefix}.signature`,
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

  export interface SignedRootRspFieldEvent {
    field: '$.rsp'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedRootRootFieldEvent {
    field: '$.root'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedRootTreeSizeFieldEvent {
    field: '$.treeSize'
    value: bigint
  }

  export interface SignedRootIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: bigint
  }

  export interface SignedRootSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SignedRoot>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedRoot.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedRoot>): SignedRoot {
    return decodeMessage(buf, SignedRoot.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedRoot>): Generator<SignedRootRspFieldEvent | SignedRootRootFieldEvent | SignedRootTreeSizeFieldEvent | SignedRootIssuedAtMsFieldEvent | SignedRootSignatureFieldEvent> {
    return streamMessage(buf, SignedRoot.codec(), opts)
  }
}

export interface Offer {
  path: Uint8Array<ArrayBuffer>
  leafIndex: bigint
  proof: Uint8Array<ArrayBuffer>[]
}

export namespace Offer {
  let _codec: Codec<Offer>

  export const codec = (): Codec<Offer> => {
    if (_codec == null) {
      _codec = message<Offer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.path != null && obj.path.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.path)
        }

        if ((obj.leafIndex != null && obj.leafIndex !== 0n)) {
          w.uint32(16)
          writeUint64(w, obj.leafIndex)
        }

        if (obj.proof != null && obj.proof.length > 0) {
          for (const value of obj.proof) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          path: uint8ArrayAlloc(0),
          leafIndex: 0n,
          proof: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.path = reader.bytes()
              break
            }
            case 2: {
              obj.leafIndex = reader.uint64()
              break
            }
            case 3: {
              if (opts.limits?.proof != null && obj.proof.length === opts.limits.proof) {
                throw new MaxLengthError('Decode error - repeated field "proof" had too many elements')
              }

              if (obj.proof.length === 32) {
                throw new MaxLengthError('Decode error - repeated field "proof" had too many elements')
              }

              obj.proof.push(reader.bytes())
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
          proof: 32
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.path`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.leafIndex`,
                value: reader.uint64()
              }
              break
            }
            case 3: {
              if (opts.limits?.proof != null && obj.proof === opts.limits.proof) {
                throw new MaxLengthError('Streaming decode error - repeated field "proof" had too many elements')
              }

              if (obj.proof === 32) {
                throw new MaxLengthError('Streaming decode error - repeated field "proof" had too many elements')
              }

              yield {
                field: `${prefix}.proof[]`,
                index: obj.proof,
                value: reader.bytes()
              }

              obj.proof++

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

  export interface OfferPathFieldEvent {
    field: '$.path'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OfferLeafIndexFieldEvent {
    field: '$.leafIndex'
    value: bigint
  }

  export interface OfferProofFieldEvent {
    field: '$.proof[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Offer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Offer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Offer>): Offer {
    return decodeMessage(buf, Offer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Offer>): Generator<OfferPathFieldEvent | OfferLeafIndexFieldEvent | OfferProofFieldEvent> {
    return streamMessage(buf, Offer.codec(), opts)
  }
}

export interface Path {
  rsp: Uint8Array<ArrayBuffer>
  queryDigest: Uint8Array<ArrayBuffer>
  forwarders: Uint8Array<ArrayBuffer>[]
  sourceCommitment: Uint8Array<ArrayBuffer>
  destinationCommitment: Uint8Array<ArrayBuffer>
  pathNumber: number
  notBeforeMs: bigint
  expiresAtMs: bigint
  maxBytesPerSecond: bigint
  prediction?: Prediction
}

export namespace Path {
  let _codec: Codec<Path>

  export const codec = (): Codec<Path> => {
    if (_codec == null) {
      _codec = message<Path>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rsp != null && obj.rsp.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.rsp)
        }

        if ((obj.queryDigest != null && obj.queryDigest.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.queryDigest)
        }

        if (obj.forwarders != null && obj.forwarders.length > 0) {
          for (const value of obj.forwarders) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.sourceCommitment != null && obj.sourceCommitment.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sourceCommitment)
        }

        if ((obj.destinationCommitment != null && obj.destinationCommitment.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.destinationCommitment)
        }

        if ((obj.pathNumber != null && obj.pathNumber !== 0)) {
          w.uint32(48)
          w.uint32(obj.pathNumber)
        }

        if ((obj.notBeforeMs != null && obj.notBeforeMs !== 0n)) {
          w.uint32(56)
          writeUint64(w, obj.notBeforeMs)
        }

        if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0n)) {
          w.uint32(64)
          writeUint64(w, obj.expiresAtMs)
        }

        if ((obj.maxBytesPerSecond != null && obj.maxBytesPerSecond !== 0n)) {
          w.uint32(72)
          writeUint64(w, obj.maxBytesPerSecond)
        }

        if (obj.prediction != null) {
          w.uint32(82)
          Prediction.codec().encode(obj.prediction, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rsp: uint8ArrayAlloc(0),
          queryDigest: uint8ArrayAlloc(0),
          forwarders: [],
          sourceCommitment: uint8ArrayAlloc(0),
          destinationCommitment: uint8ArrayAlloc(0),
          pathNumber: 0,
          notBeforeMs: 0n,
          expiresAtMs: 0n,
          maxBytesPerSecond: 0n
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
              obj.queryDigest = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.forwarders != null && obj.forwarders.length === opts.limits.forwarders) {
                throw new MaxLengthError('Decode error - repeated field "forwarders" had too many elements')
              }

              if (obj.forwarders.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "forwarders" had too many elements')
              }

              obj.forwarders.push(reader.bytes())
              break
            }
            case 4: {
              obj.sourceCommitment = reader.bytes()
              break
            }
            case 5: {
              obj.destinationCommitment = reader.bytes()
              break
            }
            case 6: {
              obj.pathNumber = reader.uint32()
              break
            }
            case 7: {
              obj.notBeforeMs = reader.uint64()
              break
            }
            case 8: {
              obj.expiresAtMs = reader.uint64()
              break
            }
            case 9: {
              obj.maxBytesPerSecond = reader.uint64()
              break
            }
            case 10: {
              obj.prediction = Prediction.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prediction
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
          forwarders: 16
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
                field: `${prefix}.queryDigest`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              if (opts.limits?.forwarders != null && obj.forwarders === opts.limits.forwarders) {
                throw new MaxLengthError('Streaming decode error - repeated field "forwarders" had too many elements')
              }

              if (obj.forwarders === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "forwarders" had too many elements')
              }

              yield {
                field: `${prefix}.forwarders[]`,
                index: obj.forwarders,
                value: reader.bytes()
              }

              obj.forwarders++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.sourceCommitment`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.destinationCommitment`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.pathNumber`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.notBeforeMs`,
                value: reader.uint64()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.expiresAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.maxBytesPerSecond`,
                value: reader.uint64()
              }
              break
            }
            case 10: {
              yield * Prediction.codec().stream(reader, reader.uint32(), `${prefix}.prediction`, {
                limits: opts.limits?.prediction
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

  export interface PathRspFieldEvent {
    field: '$.rsp'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PathQueryDigestFieldEvent {
    field: '$.queryDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PathForwardersFieldEvent {
    field: '$.forwarders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface PathSourceCommitmentFieldEvent {
    field: '$.sourceCommitment'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PathDestinationCommitmentFieldEvent {
    field: '$.destinationCommitment'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PathPathNumberFieldEvent {
    field: '$.pathNumber'
    value: number
  }

  export interface PathNotBeforeMsFieldEvent {
    field: '$.notBeforeMs'
    value: bigint
  }

  export interface PathExpiresAtMsFieldEvent {
    field: '$.expiresAtMs'
    value: bigint
  }

  export interface PathMaxBytesPerSecondFieldEvent {
    field: '$.maxBytesPerSecond'
    value: bigint
  }

  export interface PathPredictionRttUsFieldEvent {
    field: '$.prediction.rttUs'
    value: number
  }

  export interface PathPredictionRttMarginUsFieldEvent {
    field: '$.prediction.rttMarginUs'
    value: number
  }

  export interface PathPredictionLossPpmFieldEvent {
    field: '$.prediction.lossPpm'
    value: number
  }

  export interface PathPredictionConfidencePpmFieldEvent {
    field: '$.prediction.confidencePpm'
    value: number
  }

  export interface PathPredictionDataAgeMsFieldEvent {
    field: '$.prediction.dataAgeMs'
    value: number
  }

  export interface PathPredictionLossMarginPpmFieldEvent {
    field: '$.prediction.lossMarginPpm'
    value: number
  }

  export interface PathPredictionJitterUsFieldEvent {
    field: '$.prediction.jitterUs'
    value: number
  }

  export interface PathPredictionBytesPerSecondFieldEvent {
    field: '$.prediction.bytesPerSecond'
    value: bigint
  }

  export interface PathPredictionRateMarginBytesPerSecondFieldEvent {
    field: '$.prediction.rateMarginBytesPerSecond'
    value: bigint
  }

  export interface PathPredictionLoadPpmFieldEvent {
    field: '$.prediction.loadPpm'
    value: number
  }

  export interface PathPredictionPriceFieldEvent {
    field: '$.prediction.price'
    value: bigint
  }

  export function encode (obj: Partial<Path>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Path.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Path>): Path {
    return decodeMessage(buf, Path.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Path>): Generator<PathRspFieldEvent | PathQueryDigestFieldEvent | PathForwardersFieldEvent | PathSourceCommitmentFieldEvent | PathDestinationCommitmentFieldEvent | PathPathNumberFieldEvent | PathNotBeforeMsFieldEvent | PathExpiresAtMsFieldEvent | PathMaxBytesPerSecondFieldEvent | PathPredictionRttUsFieldEvent | PathPredictionRttMarginUsFieldEvent | PathPredictionLossPpmFieldEvent | PathPredictionConfidencePpmFieldEvent | PathPredictionDataAgeMsFieldEvent | PathPredictionLossMarginPpmFieldEvent | PathPredictionJitterUsFieldEvent | PathPredictionBytesPerSecondFieldEvent | PathPredictionRateMarginBytesPerSecondFieldEvent | PathPredictionLoadPpmFieldEvent | PathPredictionPriceFieldEvent> {
    return streamMessage(buf, Path.codec(), opts)
  }
}

export interface Prediction {
  rttUs: number
  rttMarginUs: number
  lossPpm: number
  confidencePpm: number
  dataAgeMs: number
  lossMarginPpm?: number
  jitterUs?: number
  bytesPerSecond?: bigint
  rateMarginBytesPerSecond?: bigint
  loadPpm?: number
  price?: bigint
}

export namespace Prediction {
  let _codec: Codec<Prediction>

  export const codec = (): Codec<Prediction> => {
    if (_codec == null) {
      _codec = message<Prediction>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rttUs != null && obj.rttUs !== 0)) {
          w.uint32(8)
          w.uint32(obj.rttUs)
        }

        if ((obj.rttMarginUs != null && obj.rttMarginUs !== 0)) {
          w.uint32(16)
          w.uint32(obj.rttMarginUs)
        }

        if ((obj.lossPpm != null && obj.lossPpm !== 0)) {
          w.uint32(24)
          w.uint32(obj.lossPpm)
        }

        if ((obj.confidencePpm != null && obj.confidencePpm !== 0)) {
          w.uint32(32)
          w.uint32(obj.confidencePpm)
        }

        if ((obj.dataAgeMs != null && obj.dataAgeMs !== 0)) {
          w.uint32(40)
          w.uint32(obj.dataAgeMs)
        }

        if (obj.lossMarginPpm != null) {
          w.uint32(48)
          w.uint32(obj.lossMarginPpm)
        }

        if (obj.jitterUs != null) {
          w.uint32(56)
          w.uint32(obj.jitterUs)
        }

        if (obj.bytesPerSecond != null) {
          w.uint32(64)
          writeUint64(w, obj.bytesPerSecond)
        }

        if (obj.rateMarginBytesPerSecond != null) {
          w.uint32(72)
          writeUint64(w, obj.rateMarginBytesPerSecond)
        }

        if (obj.loadPpm != null) {
          w.uint32(80)
          w.uint32(obj.loadPpm)
        }

        if (obj.price != null) {
          w.uint32(88)
          writeUint64(w, obj.price)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rttUs: 0,
          rttMarginUs: 0,
          lossPpm: 0,
          confidencePpm: 0,
          dataAgeMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.rttUs = reader.uint32()
              break
            }
            case 2: {
              obj.rttMarginUs = reader.uint32()
              break
            }
            case 3: {
              obj.lossPpm = reader.uint32()
              break
            }
            case 4: {
              obj.confidencePpm = reader.uint32()
              break
            }
            case 5: {
              obj.dataAgeMs = reader.uint32()
              break
            }
            case 6: {
              obj.lossMarginPpm = reader.uint32()
              break
            }
            case 7: {
              obj.jitterUs = reader.uint32()
              break
            }
            case 8: {
              obj.bytesPerSecond = reader.uint64()
              break
            }
            case 9: {
              obj.rateMarginBytesPerSecond = reader.uint64()
              break
            }
            case 10: {
              obj.loadPpm = reader.uint32()
              break
            }
            case 11: {
              obj.price = reader.uint64()
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
                field: `${prefix}.rttUs`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.rttMarginUs`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.lossPpm`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.confidencePpm`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.dataAgeMs`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.lossMarginPpm`,
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
                field: `${prefix}.bytesPerSecond`,
                value: reader.uint64()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.rateMarginBytesPerSecond`,
                value: reader.uint64()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.loadPpm`,
                value: reader.uint32()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.price`,
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

  export interface PredictionRttUsFieldEvent {
    field: '$.rttUs'
    value: number
  }

  export interface PredictionRttMarginUsFieldEvent {
    field: '$.rttMarginUs'
    value: number
  }

  export interface PredictionLossPpmFieldEvent {
    field: '$.lossPpm'
    value: number
  }

  export interface PredictionConfidencePpmFieldEvent {
    field: '$.confidencePpm'
    value: number
  }

  export interface PredictionDataAgeMsFieldEvent {
    field: '$.dataAgeMs'
    value: number
  }

  export interface PredictionLossMarginPpmFieldEvent {
    field: '$.lossMarginPpm'
    value: number
  }

  export interface PredictionJitterUsFieldEvent {
    field: '$.jitterUs'
    value: number
  }

  export interface PredictionBytesPerSecondFieldEvent {
    field: '$.bytesPerSecond'
    value: bigint
  }

  export interface PredictionRateMarginBytesPerSecondFieldEvent {
    field: '$.rateMarginBytesPerSecond'
    value: bigint
  }

  export interface PredictionLoadPpmFieldEvent {
    field: '$.loadPpm'
    value: number
  }

  export interface PredictionPriceFieldEvent {
    field: '$.price'
    value: bigint
  }

  export function encode (obj: Partial<Prediction>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Prediction.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prediction>): Prediction {
    return decodeMessage(buf, Prediction.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prediction>): Generator<PredictionRttUsFieldEvent | PredictionRttMarginUsFieldEvent | PredictionLossPpmFieldEvent | PredictionConfidencePpmFieldEvent | PredictionDataAgeMsFieldEvent | PredictionLossMarginPpmFieldEvent | PredictionJitterUsFieldEvent | PredictionBytesPerSecondFieldEvent | PredictionRateMarginBytesPerSecondFieldEvent | PredictionLoadPpmFieldEvent | PredictionPriceFieldEvent> {
    return streamMessage(buf, Prediction.codec(), opts)
  }
}
