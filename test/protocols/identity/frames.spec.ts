import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FirstMessage, frameOf } from '../../../protocols/identity/frames.ts'
import { MAX_INTRODUCTION_BYTES } from '../../../protocols/identity/constants.ts'

describe('the first message of a stream', () => {
  it('is cut off from what follows, in whatever pieces both come', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 1, max: 60 }), (message, following, step) => {
      const first = new FirstMessage()
      const all = Buffer.concat([frameOf(message), following])
      for (let at = 0; at < all.length; at += step) {
        const done = first.take(all.subarray(at, at + step))
        if (done !== undefined) {
          assert.deepEqual(Buffer.from(done.message), Buffer.from(message))
          assert.deepEqual(Buffer.concat([done.rest, all.subarray(at + step)]), Buffer.from(following))
          return
        }
      }
      assert.fail('the message was not found')
    }))
  })

  it('has its length in two bytes before it', () => {
    assert.deepEqual([...frameOf(Uint8Array.of(7, 8, 9))], [0, 3, 7, 8, 9])
  })

  it('is refused by its length, before it is there', () => {
    const over = MAX_INTRODUCTION_BYTES + 1
    assert.throws(() => new FirstMessage().take(Uint8Array.of(over >>> 8, over & 0xff)), { name: 'MessageTooLargeError' })
    assert.throws(() => new FirstMessage().take(Uint8Array.of(0, 0)), { name: 'MalformedMessageError' })
  })
})
