import assert from 'node:assert/strict'
import fc from 'fast-check'
import { aead, nativeAead, portableAead } from '../../../protocols/envelope/aead.ts'
import type { Aead } from '../../../protocols/envelope/aead.ts'

const exactly = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

describe('aead', () => {
  it('is Node\'s own here', () => {
    assert.notEqual(nativeAead, undefined)
    assert.equal(aead, nativeAead)
  })

  it('seals to the same bytes in both ways, and each opens what the other has sealed, to memory of its own', () => {
    const native = nativeAead as Aead
    fc.assert(fc.property(exactly(32), exactly(12), fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1, maxLength: 3_000 }), (key, nonce, additional, plaintext) => {
      const sealed = [native, portableAead].map(({ seal }) => {
        const into = new Uint8Array(plaintext.length + 16)
        seal(key, nonce, additional, plaintext, into)
        return into
      })
      assert.deepEqual(sealed[0], sealed[1])
      for (const { open } of [native, portableAead]) {
        const opened = open(key, nonce, additional, sealed[0])
        assert.deepEqual(opened, plaintext)
        assert.notEqual(opened.buffer, sealed[0].buffer)
      }
    }))
  })

  it('opens nothing that was altered, in neither way', () => {
    const key = new Uint8Array(32).fill(1)
    const nonce = new Uint8Array(12)
    const header = Uint8Array.of(1, 2, 3)
    const sealed = new Uint8Array(26)
    portableAead.seal(key, nonce, header, new Uint8Array(10), sealed)
    for (const { open } of [nativeAead as Aead, portableAead]) {
      for (let at = 0; at < sealed.length; at++) {
        const altered = sealed.slice()
        altered[at] ^= 1
        assert.throws(() => open(key, nonce, header, altered), `byte ${at}`)
      }
      assert.throws(() => open(key, nonce, Uint8Array.of(1, 2, 4), sealed))
    }
  })
})
