import assert from 'node:assert/strict'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import { BywayError } from '../../protocols/errors.ts'
import { decodeDistinctPeerIds, decodePeerId, encodePeerId, findRepeated } from '../../protocols/peer-ids.ts'

const ED25519 = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7)))
const SECP256K1 = peerIdFromPrivateKey(await generateKeyPair('secp256k1'))
const RSA = peerIdFromString('QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC')

describe('protocols/peer-ids', () => {
  for (const [name, peer] of [['Ed25519', ED25519], ['secp256k1', SECP256K1], ['RSA', RSA]] as const) {
    it(`brings back an ${name} peer id`, () => {
      assert.ok(decodePeerId(encodePeerId(peer), 'peer').equals(peer))
    })
  }

  it('shares no memory with the message, not even when it is a Buffer', () => {
    for (const peer of [ED25519, RSA]) {
      const message = Buffer.from(encodePeerId(peer))
      const decoded = decodePeerId(message, 'peer')
      message.fill(0)
      assert.ok(decoded.equals(peer), peer.type)
      assert.deepEqual(encodePeerId(decoded), encodePeerId(peer))
    }
  })

  for (const peer of [ED25519, SECP256K1, RSA]) {
    it(`regression: keeps the bytes of an ${peer.type} peer id and nothing of the memory around them`, () => {
      const { bytes, digest } = decodePeerId(encodePeerId(peer), 'peer').toMultihash()
      for (const { buffer } of [bytes, digest]) {
        assert.ok(buffer.byteLength <= 39, `${buffer.byteLength} bytes are held`)
      }
    })
  }

  const id = encodePeerId(ED25519)
  const rsa = encodePeerId(RSA)
  const bad: Array<[string, Uint8Array]> = [
    ['no bytes', new Uint8Array(0)],
    ['more bytes than any peer id has', new Uint8Array(40)],
    ['a cut peer id', id.subarray(0, 37)],
    ['a peer id with a byte more', Uint8Array.of(...id, 0)],
    ['a key with its fields in the other order', Uint8Array.of(...id.subarray(0, 2), ...id.subarray(4), ...id.subarray(2, 4))],
    ['a URL', Uint8Array.of(0, 12, ...new TextEncoder().encode('http://a.bc/'))],
    ['a short hash', Uint8Array.of(0x12, 4, 1, 2, 3, 4)],
    ['a hash of another kind', Uint8Array.of(0x13, ...rsa.subarray(1))]
  ]
  for (const [name, bytes] of bad) {
    it(`refuses ${name}`, () => {
      assert.throws(() => decodePeerId(bytes, 'forwarders[3]'), { name: 'MalformedMessageError', message: /^forwarders\[3\]/ })
    })
  }

  it('throws only typed errors for random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 45 }), fc.nat({ max: 38 }), (bytes, keep) => {
      for (const hostile of [bytes, Uint8Array.of(...id.subarray(0, keep), ...bytes)]) {
        try {
          decodePeerId(hostile, 'peer')
        } catch (error) {
          assert.ok(error instanceof BywayError, String(error))
        }
      }
    }), { numRuns: 300 })
  })

  it('refuses a list in which somebody stands twice, and says who', () => {
    const list = [ED25519, RSA, ED25519]
    assert.throws(() => decodeDistinctPeerIds(list.map(encodePeerId), 'avoid'), { name: 'MalformedMessageError', message: `avoid names ${ED25519} twice` })
    assert.equal(findRepeated(list), ED25519)
    assert.equal(findRepeated([ED25519, RSA]), undefined)
  })
})
