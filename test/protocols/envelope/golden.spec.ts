import assert from 'node:assert/strict'
import { createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, verify } from 'node:crypto'
import { sequenceOf } from '../../../protocols/envelope/codec.ts'
import { INIT_BYTES, MAX_APPLICATION_BYTES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, RESPONSE_BYTES } from '../../../protocols/envelope/constants.ts'
import { bytes, golden, goldenInit, goldenResponse, goldenSessions, hex } from './two-hosts.ts'
import type { KeyObject } from 'node:crypto'

const PKCS8_X25519 = '302e020100300506032b656e04220420'
const SPKI_X25519 = '302a300506032b656e032100'
const SPKI_ED25519 = '302a300506032b6570032100'

const publicKey = (spki: string, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([Buffer.from(spki, 'hex'), raw]), format: 'der', type: 'spki' })
const hash = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** The key schedule of README.md once more, on Node's own crypto and from the wire bytes alone. */
function keysFromReadme (): { initiator: Buffer, responder: Buffer } {
  const init = bytes(golden.init)
  const response = bytes(golden.response)
  const shared = diffieHellman({
    privateKey: createPrivateKey({ key: Buffer.from(PKCS8_X25519 + golden.initiatorEphemeralSecret, 'hex'), format: 'der', type: 'pkcs8' }),
    publicKey: publicKey(SPKI_X25519, response.subarray(20, 52))
  })
  const keys = Buffer.from(hkdfSync('sha256', shared, hash(Buffer.from('byway/envelope/1/session:'), init, response), 'byway/envelope/1/keys', 64))
  return { initiator: keys.subarray(0, 32), responder: keys.subarray(32) }
}

describe('envelope golden bytes', () => {
  it('fixes the sizes that other protocols and applications rely on', () => {
    assert.deepEqual(
      { INIT_BYTES, RESPONSE_BYTES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, MAX_APPLICATION_BYTES },
      { INIT_BYTES: 600, RESPONSE_BYTES: 148, MAX_ENVELOPE_BYTES: 15_932, MAX_FRAME_BYTES: 15_896, MAX_APPLICATION_BYTES: 15_895 }
    )
  })

  it('makes the golden init and response from fixed keys, randomness and time', async () => {
    const { message: init } = await goldenInit()
    assert.equal(hex(init), golden.init)
    assert.equal(hex((await goldenResponse(init)).message), golden.response)
  })

  it('seals the golden envelopes and opens them at the other end', async () => {
    const { atInitiator, atResponder } = await goldenSessions()
    for (const { name, from, sequence, frame, envelope } of golden.sealed) {
      const [sender, receiver] = from === 'initiator' ? [atInitiator, atResponder] : [atResponder, atInitiator]
      assert.equal(hex(sender.seal(bytes(frame))), envelope, name)
      assert.equal(sequenceOf(bytes(envelope)), sequence, name)
      assert.equal(hex(receiver.open(bytes(envelope))), frame, name)
    }
  })

  it('carries signatures that another Ed25519 implementation verifies over the strings of the spec', () => {
    const init = bytes(golden.init)
    const response = bytes(golden.response)
    assert.ok(verify(null, Buffer.concat([Buffer.from('byway/envelope/1/init:'), init.subarray(0, 536)]),
      publicKey(SPKI_ED25519, init.subarray(68, 100)), init.subarray(536)))
    assert.ok(verify(null, Buffer.concat([Buffer.from('byway/envelope/1/response:'), hash(init), response.subarray(0, 84)]),
      publicKey(SPKI_ED25519, response.subarray(52, 84)), response.subarray(84)))
  })

  it('is opened by another implementation of X25519, HKDF and ChaCha20-Poly1305 that follows the spec', () => {
    const keys = keysFromReadme()
    assert.notDeepEqual(keys.initiator, keys.responder)
    for (const { name, from, frame, envelope } of golden.sealed) {
      const sealed = bytes(envelope)
      const nonce = Buffer.concat([Buffer.alloc(4), sealed.subarray(12, 20)])
      const decipher = createDecipheriv('chacha20-poly1305', keys[from], nonce, { authTagLength: 16 })
      decipher.setAAD(sealed.subarray(0, 20), { plaintextLength: sealed.length - 36 })
      decipher.setAuthTag(sealed.subarray(-16))
      assert.equal(Buffer.concat([decipher.update(sealed.subarray(20, -16)), decipher.final()]).toString('hex'), frame, name)
    }
  })
})
