import wire from '../../fixtures/wire/route.json' with { type: 'json' }
import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { BywayError } from '../../../protocols/errors.ts'
import { commit, decodeAnswer, decodeQuery, digestQuery, encodeAnswer, encodeQuery, queryDigest, encodeRequest, decodeRequest } from '../../../protocols/route/codec.ts'
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from '../../../protocols/route/constants.ts'
import { signOffers } from '../../../protocols/route/offer.ts'
import { decodePath, encodePath } from '../../../protocols/route/path.ts'
import { Path, Query, RouteResponse } from '../../../protocols/route/route.pb.ts'
import { answerTo, ASKED, FORWARDERS, FULL_PREDICTION, HOST_A, NOW_MS, PATHS, RSP, RSP_KEY, SALT_A, samplePath, sampleQuery } from './samples.ts'
import type { RouteQuery } from '../../../protocols/route/codec.ts'

const golden = wire as Record<string, string>
const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')
const bytesOf = (name: string): Uint8Array => fromString(golden[name], 'base16')
const { paths: _, ...answered } = answerTo(ASKED, [])

const access = (count: number): RouteQuery['source'] => FORWARDERS.slice(0, count).map(forwarder => ({ forwarder, rttUs: 1 }))

describe('protocols/route/codec', () => {
  describe('golden bytes', () => {
    it('encodes a query to the same bytes as ever', () => {
      assert.equal(hex(encodeQuery(sampleQuery())), golden.query)
      assert.equal(hex(encodeRequest(ASKED)), golden.request)
    })

    it('has the same query digest and commitment as ever', () => {
      assert.equal(hex(ASKED.digest), golden.queryDigest)
      assert.equal(hex(commit(SALT_A, HOST_A)), golden.sourceCommitment)
    })

    it('encodes a path to the same bytes as ever', () => {
      assert.equal(hex(encodePath({ ...samplePath(), rsp: RSP, ...answered })), golden.path)
    })

    it('encodes a path with a prediction of every metric to the same bytes as ever', () => {
      assert.equal(hex(encodePath({ ...samplePath({ prediction: FULL_PREDICTION }), rsp: RSP, ...answered })), golden.pathOfAllMetrics)
    })

    it('encodes a signed answer to the same bytes as ever', async () => {
      const answer = await signOffers(PATHS, { ...answered, privateKey: RSP_KEY, nowMs: NOW_MS })
      assert.equal(hex(encodeAnswer(answer)), golden.response)
    })

    it('reads the golden query and answer', () => {
      assert.deepEqual(decodeQuery(bytesOf('query')).nonce, ASKED.nonce)
      assert.equal(decodeAnswer(bytesOf('response')).offers.length, 3)
      assert.equal(decodePath(bytesOf('path')).pathNumber, 7)
      assert.deepEqual(decodePath(bytesOf('pathOfAllMetrics')).prediction, FULL_PREDICTION)
    })
  })

  describe('round trip', () => {
    it('brings back every field of a query', () => {
      const { source, destination, avoid, ...rest } = decodeQuery(encodeQuery(sampleQuery()))
      const { source: source0, destination: destination0, avoid: avoid0, ...rest0 } = sampleQuery()

      assert.deepEqual({ ...rest }, rest0)
      assert.deepEqual(source.map(({ forwarder, rttUs }) => `${forwarder} ${rttUs}`), source0.map(({ forwarder, rttUs }) => `${forwarder} ${rttUs}`))
      assert.deepEqual(destination.map(({ forwarder, rttUs }) => `${forwarder} ${rttUs}`), destination0.map(({ forwarder, rttUs }) => `${forwarder} ${rttUs}`))
      assert.deepEqual(avoid.map(String), avoid0.map(String))
    })

    it('gives the server the digest of the very bytes that the client sent', () => {
      // an unknown field 15: an encoder of another version; the digest must cover it
      const encoded = concat([encodeQuery(sampleQuery()), Uint8Array.of(15 << 3, 1)])
      const request = encodeRequest({ ...sampleQuery(), encoded })

      const received = decodeRequest(request)

      assert.deepEqual(received.digest, queryDigest(encoded))
      assert.notDeepEqual(received.digest, ASKED.digest)
    })

    it('brings back any answer within the bounds', () => {
      const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 })
      const offer = fc.record({ path: bytes, leafIndex: fc.nat(), proof: fc.array(bytes, { maxLength: 32 }) }, { noNullPrototype: true })
      const root = fc.record({ rsp: fc.constant(RSP), root: bytes, treeSize: fc.nat(), issuedAtMs: fc.maxSafeNat(), signature: bytes })
      fc.assert(fc.property(fc.record({ root, offers: fc.array(offer, { maxLength: 8 }) }), answer => {
        const { root, offers } = decodeAnswer(encodeAnswer(answer))
        assert.ok(root.rsp.equals(answer.root.rsp))
        assert.deepEqual({ ...root, rsp: 0 }, { ...answer.root, rsp: 0 })
        assert.deepEqual(offers, answer.offers)
      }), { numRuns: 50 })
    })

    it('keeps the largest query and the largest answer under the limits of the protocol', () => {
      const query = sampleQuery({ source: access(64), destination: access(64), avoid: FORWARDERS.slice(0, 64) })
      const offer = { path: new Uint8Array(2_048), leafIndex: 2 ** 32 - 1, proof: Array.from({ length: 32 }, () => new Uint8Array(32)) }
      const root = { rsp: RSP, root: new Uint8Array(32), treeSize: 2 ** 32, issuedAtMs: NOW_MS, signature: new Uint8Array(64) }

      assert.ok(encodeRequest(digestQuery(query)).length < MAX_REQUEST_BYTES)
      assert.ok(encodeAnswer({ root, offers: new Array(8).fill(offer) }).length < MAX_RESPONSE_BYTES)
    })
  })

  describe('bounds of a query', () => {
    const bad: Array<[string, Partial<RouteQuery>]> = [
      ['a nonce of 15 bytes', { nonce: new Uint8Array(15) }],
      ['no access forwarder of the source', { source: [] }],
      ['no access forwarder of the destination', { destination: [] }],
      ['65 access forwarders', { source: access(65) }],
      ['an access forwarder twice', { source: [...access(1), ...access(1)] }],
      ['an access RTT of more than 60 s', { source: [{ forwarder: FORWARDERS[0], rttUs: 60_000_001 }] }],
      ['an access RTT below 0', { source: [{ forwarder: FORWARDERS[0], rttUs: -1 }] }],
      ['a short commitment', { sourceCommitment: new Uint8Array(31) }],
      ['a long commitment', { destinationCommitment: new Uint8Array(33) }],
      ['0 paths', { paths: 0 }],
      ['9 paths', { paths: 9 }],
      ['half a path', { paths: 0.5 }],
      ['both weights 0', { weights: { delay: 0, loss: 0 } }],
      ['a negative weight', { weights: { delay: 1, loss: -1 } }],
      ['a weight that is no number', { weights: { delay: Number.NaN, loss: 1 } }],
      ['an infinite weight', { weights: { delay: Infinity, loss: 1 } }],
      ['a weight beyond 32-bit floats', { weights: { delay: 1e39, loss: 1 } }],
      ['weights that vanish in 32-bit floats', { weights: { delay: 1e-60, loss: 0 } }],
      ['65 forwarders to avoid', { avoid: FORWARDERS.slice(0, 65) }],
      ['a forwarder to avoid twice', { avoid: [FORWARDERS[0], FORWARDERS[0]] }]
    ]
    for (const [name, change] of bad) {
      it(`neither sends nor takes ${name}`, () => {
        assert.throws(() => encodeQuery(sampleQuery(change)), { name: 'MalformedMessageError' })
      })
    }

    const raw = (): Query => Query.decode(encodeQuery(sampleQuery()))
    const badWire: Array<[string, (query: Query) => void, RegExp]> = [
      ['without weights', query => { delete query.weights }, /weights/],
      ['with an empty peer id', query => { query.avoid = [new Uint8Array(0)] }, /avoid\[0\] has 0 bytes/],
      ['with a peer id that is none', query => { query.source[0].forwarder = new Uint8Array(38).fill(1) }, /source\[0\] is not a peer id/],
      ['with a URL for a peer id', query => { query.avoid = [Uint8Array.of(0, 12, ...fromString('http://a.bc/'))] }, /avoid\[0\] is not a peer id of a key/],
      ['with a peer id over the limit', query => { query.avoid = [new Uint8Array(4_000)] }, /4000 bytes/],
      ['with another spelling of a peer id', query => {
        const id = query.source[0].forwarder
        // the same key, with the two fields of its protobuf in the other order
        query.source[0].forwarder = Uint8Array.of(...id.subarray(0, 2), ...id.subarray(4), ...id.subarray(2, 4))
      }, /not the canonical encoding/],
      ['with 9 paths', query => { query.paths = 9 }, /paths is 9/],
      ['with an RTT over the limit', query => { query.source[0].rttUs = 2 ** 32 - 1 }, /rtt_us is 4294967295/]
    ]
    for (const [name, change, message] of badWire) {
      it(`refuses a query ${name}`, () => {
        const query = raw()
        change(query)
        assert.throws(() => decodeQuery(Query.encode(query)), { name: 'MalformedMessageError', message })
      })
    }
  })

  describe('bounds of an answer', () => {
    it('refuses an answer without a root', () => {
      assert.throws(() => decodeAnswer(RouteResponse.encode({ offers: [] })), { name: 'MalformedMessageError', message: /no signed root/ })
    })

    it('refuses nine offers', () => {
      const { root } = decodeAnswer(bytesOf('response'))
      const offers = Array.from({ length: 9 }, () => ({ path: new Uint8Array(1), leafIndex: 0, proof: [] }))
      assert.throws(() => decodeAnswer(encodeAnswer({ root, offers })), { name: 'MalformedMessageError' })
    })

    it('refuses a proof of 33 hashes', () => {
      const { root } = decodeAnswer(bytesOf('response'))
      const proof = Array.from({ length: 33 }, () => new Uint8Array(32))
      assert.throws(() => decodeAnswer(encodeAnswer({ root, offers: [{ path: new Uint8Array(1), leafIndex: 0, proof }] })), { name: 'MalformedMessageError' })
    })

    for (const field of ['treeSize', 'issuedAtMs'] as const) {
      it(`refuses ${field} of 2^63`, () => {
        const wire = RouteResponse.decode(bytesOf('response'))
        assert.ok(wire.root != null)
        wire.root[field] = 2n ** 63n
        assert.throws(() => decodeAnswer(RouteResponse.encode(wire)), { name: 'MalformedMessageError' })
      })
    }
  })

  describe('hostile bytes', () => {
    const decoders = { decodeQuery, decodeAnswer, decodePath, decodeRequest }
    const samples = { decodeQuery: 'query', decodeAnswer: 'response', decodePath: 'path', decodeRequest: 'request' } as const

    /** A decoder gives a message or a BywayError, nothing else. */
    function onlyTyped (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
      try {
        decode(bytes)
      } catch (error) {
        assert.ok(error instanceof BywayError, `untyped: ${String(error)}`)
      }
    }

    for (const [name, decode] of Object.entries(decoders)) {
      it(`${name} throws only typed errors for random bytes`, () => {
        fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => { onlyTyped(decode, bytes) }), { numRuns: 500 })
      })

      it(`${name} throws only typed errors for a good message with some bytes changed, cut or added`, () => {
        const good = bytesOf(samples[name as keyof typeof samples])
        const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }))
        fc.assert(fc.property(fc.array(change, { maxLength: 4 }), fc.nat({ max: good.length }), fc.uint8Array({ maxLength: 8 }), (changes, length, tail) => {
          const bytes = Uint8Array.from(good)
          for (const [at, value] of changes) {
            bytes[at] = value
          }
          onlyTyped(decode, concat([bytes.subarray(0, length), tail]))
          onlyTyped(decode, bytes)
        }), { numRuns: 300 })
      })
    }

    it('refuses a path with a repeated field without end as too long, not as memory', () => {
      const forwarders = Array.from({ length: 40 }, () => Uint8Array.of(0))
      assert.throws(() => decodePath(Path.encode({ forwarders })), { name: 'PathTooLongError', code: 'MALFORMED' })
    })
  })

  describe('commitments', () => {
    it('is the hash of salt and peer id bytes', () => {
      assert.deepEqual(commit(SALT_A, HOST_A), sha256(concat([SALT_A, HOST_A.toMultihash().bytes])))
    })

    it('differs with the salt, so that two queries cannot be linked by it', () => {
      assert.notDeepEqual(commit(SALT_A, HOST_A), commit(new Uint8Array(16), HOST_A))
    })

    it('refuses a salt of another length', () => {
      assert.throws(() => commit(new Uint8Array(8), HOST_A), { name: 'RangeError', message: /16 random bytes/ })
    })
  })
})
