import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeFailure, encodeFailure } from '../../../protocols/setup/failure.ts'
import { Failure as WireFailure } from '../../../protocols/setup/setup.pb.ts'
import { COOKIE } from './install-samples.ts'

const CHALLENGE = { cookie: COOKIE, bits: 9 }

describe('protocols/setup/failure', () => {
  it('brings back index, text and challenge where there is room', () => {
    const failure = { index: 3, message: 'not over this link', challenge: CHALLENGE }
    assert.deepEqual(decodeFailure(encodeFailure(failure, 200)), failure)
  })

  it('cuts the text so that the body fits, and keeps the challenge', () => {
    const body = encodeFailure({ index: 3, message: 'come again later, please', challenge: CHALLENGE }, 40)
    assert.equal(body.length, 40)
    assert.deepEqual(decodeFailure(body), { index: 3, message: 'come again', challenge: CHALLENGE })
  })

  it('cuts after a whole character', () => {
    const { message } = decodeFailure(encodeFailure({ index: 0, message: 'a€😀€' }, 2 + 10))
    assert.equal(message, 'a€😀')
    assert.equal(decodeFailure(encodeFailure({ index: 0, message: 'a€😀€' }, 2 + 7)).message, 'a€')
  })

  it('leaves the text out for the challenge', () => {
    const size = encodeFailure({ index: 3, message: '', challenge: CHALLENGE }, 200).length
    assert.deepEqual(decodeFailure(encodeFailure({ index: 3, message: 'later', challenge: CHALLENGE }, size)), { index: 3, message: '', challenge: CHALLENGE })
  })

  it('leaves the challenge out where it does not fit even without a text', () => {
    const size = encodeFailure({ index: 3, message: '', challenge: CHALLENGE }, 200).length
    const { message, challenge } = decodeFailure(encodeFailure({ index: 3, message: 'come again later, please', challenge: CHALLENGE }, size - 1))
    assert.deepEqual([message, challenge], ['come again later, please'.slice(0, size - 5), undefined])
  })

  it('is empty where not even the index fits', () => {
    for (const maxBytes of [0, 1]) {
      assert.equal(encodeFailure({ index: 3, message: 'later' }, maxBytes).length, 0)
    }
    assert.deepEqual(decodeFailure(new Uint8Array(0)), { index: 0, message: '', challenge: undefined })
  })

  it('is never longer than allowed, and says as much as it can', () => {
    const failure = fc.record({
      index: fc.integer({ min: 0, max: 16 }),
      message: fc.string({ unit: 'binary', maxLength: 300 }),
      challenge: fc.option(fc.record({ cookie: fc.uint8Array({ minLength: 20, maxLength: 20 }), bits: fc.integer({ min: 0, max: 18 }) }), { nil: undefined })
    })
    fc.assert(fc.property(failure, fc.integer({ min: 0, max: 900 }), (failure, maxBytes) => {
      const body = encodeFailure(failure, maxBytes)
      assert.ok(body.length <= maxBytes)
      const { message } = WireFailure.decode(body)
      const wanted = [...failure.message.toWellFormed()].slice(0, 200).join('').replace(/^\uFEFF/, '')
      assert.ok(wanted.startsWith(message))
      // the next character, the field's head, and one byte that a longer length may need
      assert.ok(message === wanted || maxBytes < body.length + 4 + 3)
    }), { numRuns: 500 })
  })

  it('uses all room but a byte, also where the length of the text takes a second one', () => {
    for (let maxBytes = 120; maxBytes < 145; maxBytes++) {
      const { length } = encodeFailure({ index: 0, message: 'x'.repeat(200) }, maxBytes)
      assert.ok(length === maxBytes || (length === maxBytes - 1 && maxBytes === 130), `${length} of ${maxBytes}`)
    }
  })

  it('brings back at most 200 characters that can be printed', () => {
    const read = (message: string): string => decodeFailure(WireFailure.encode({ index: 0, message })).message
    assert.equal([...read('€'.repeat(1_000))].length, 200)
    assert.equal(read('red \u001b[31m alert\n\u202e'), 'red ?[31m alert??')
  })

  it('refuses an index over 16, a cookie of another length and bits that no hash has', () => {
    const refused: WireFailure[] = [
      { index: 17, message: '' },
      { index: 0, message: '', challenge: { cookie: new Uint8Array(19), bits: 0 } },
      { index: 0, message: '', challenge: { cookie: new Uint8Array(20), bits: 256 } }
    ]
    for (const wire of refused) {
      assert.throws(() => decodeFailure(WireFailure.encode(wire)), { name: 'MalformedMessageError' })
      assert.throws(() => encodeFailure(wire, 200), { name: 'MalformedMessageError' })
    }
  })

  it('reads a challenge that asks for too much, so that its host can say so', () => {
    const body = encodeFailure({ index: 0, message: '', challenge: { cookie: COOKIE, bits: 255 } }, 200)
    assert.equal(decodeFailure(body).challenge?.bits, 255)
  })
})
