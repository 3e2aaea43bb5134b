import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { hasAuthenticatorAt, hopAuthenticator, isAuthenticatorAt } from '../../../protocols/forward/hop-authenticator.ts'
import { hex, nodeOf } from './samples.ts'
import type { AuthenticatedHop } from '../../../protocols/forward/hop-authenticator.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i)
const HOP: AuthenticatedHop = {
  pathTag: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  rsp: nodeOf(9),
  expiryS: 1_795_392_030,
  rateClass: 152,
  neighbours: [nodeOf(1), nodeOf(2)]
}

describe('hop authenticator', () => {
  it('is the same bytes as ever', () => {
    assert.equal(hex(hopAuthenticator(SECRET, HOP)), 'efcfda9280d8b019')
  })

  it('is the beginning of HMAC-SHA256 over what the specification says', () => {
    const covered = Buffer.concat([
      Buffer.from('byway-hop:'), HOP.pathTag, HOP.rsp, Buffer.from('6b03821e', 'hex'), Buffer.from([152]), nodeOf(1), nodeOf(2)
    ])
    assert.equal(covered.readUInt32BE(34), HOP.expiryS)
    assert.equal(hex(hopAuthenticator(SECRET, HOP)), createHmac('sha256', SECRET).update(covered).digest('hex').slice(0, 16))
  })

  it('holds on the way back too', () => {
    assert.deepEqual(hopAuthenticator(SECRET, { ...HOP, neighbours: [nodeOf(2), nodeOf(1)] }), hopAuthenticator(SECRET, HOP))
  })

  const others: Array<[string, Partial<AuthenticatedHop>]> = [
    ['path number', { pathTag: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9) }],
    ['RSP with the same tag', { rsp: nodeOf(10) }],
    ['expiry', { expiryS: HOP.expiryS + 1 }],
    ['rate', { rateClass: 153 }],
    ['neighbour', { neighbours: [nodeOf(1), nodeOf(3)] }]
  ]
  for (const [title, change] of others) {
    it(`does not hold for another ${title}`, () => {
      assert.notDeepEqual(hopAuthenticator(SECRET, { ...HOP, ...change }), hopAuthenticator(SECRET, HOP))
    })
  }

  it('is found where it stands in a buffer, with all of its bytes', () => {
    const authenticator = hopAuthenticator(SECRET, HOP)
    fc.assert(fc.property(fc.nat({ max: 20 }), fc.nat({ max: 7 }), fc.integer({ min: 1, max: 255 }), (at, changed, by) => {
      const buffer = new Uint8Array(40).fill(0xee)
      buffer.set(authenticator, at)
      assert.equal(isAuthenticatorAt(buffer, at, authenticator), true)
      buffer[at + changed] ^= by
      assert.equal(isAuthenticatorAt(buffer, at, authenticator), false)
    }))
  })

  it('is there unless all of its bytes are zero', () => {
    const buffer = new Uint8Array(16).fill(1, 0, 4)
    assert.equal(hasAuthenticatorAt(buffer, 4), false)
    for (let i = 4; i < 12; i++) {
      assert.equal(hasAuthenticatorAt(buffer.map((byte, at) => at === i ? 0x80 : byte), 4), true)
    }
  })
})
