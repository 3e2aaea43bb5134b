import assert from 'node:assert/strict'
import { concat } from 'uint8arrays/concat'
import { bytesField, FieldCursor, varintOf, WIRE_TYPE } from '../../src/defence/field-cursor.ts'

/** Number, wire type, and what is in each field. */
function read (message: Uint8Array): Array<[number, number, number | number[]]> {
  const fields: Array<[number, number, number | number[]]> = []
  for (const cursor = new FieldCursor(message); cursor.next();) {
    fields.push([cursor.number, cursor.wireType, cursor.wireType === WIRE_TYPE.varint ? cursor.varint : [...cursor.value]])
  }
  return fields
}

describe('cursor over the fields of a message', () => {
  it('reads fields of every type', () => {
    const message = concat([
      Uint8Array.of(1 << 3, 0xac, 0x02),
      Uint8Array.of(2 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8),
      bytesField(300, Uint8Array.of(7, 8), Uint8Array.of(9)),
      Uint8Array.of(4 << 3 | 5, 1, 2, 3, 4)
    ])
    assert.deepEqual(read(message), [[1, 0, 300], [2, 1, [1, 2, 3, 4, 5, 6, 7, 8]], [300, 2, [7, 8, 9]], [4, 5, [1, 2, 3, 4]]])
  })

  it('gives a field as it came', () => {
    const fields = [bytesField(1, new Uint8Array(200)), bytesField(2)]
    const cursor = new FieldCursor(concat(fields))
    cursor.next()
    assert.deepEqual(cursor.field, fields[0])
    cursor.next()
    assert.deepEqual([cursor.field, cursor.value.length, cursor.next()], [fields[1], 0, false])
  })

  it('writes numbers as it reads them', () => {
    for (const value of [0, 127, 128, 300, 2 ** 28 - 1]) {
      assert.deepEqual(read(concat([Uint8Array.of(8), varintOf(value)])), [[1, 0, value]])
    }
  })

  const malformed = {
    'a length that ends behind the message': [0x0a, 5, 1, 2],
    'a tag that is cut off': [0x80],
    'a varint that is cut off': [8, 0x80],
    'a varint of eleven bytes': [8, ...new Array<number>(10).fill(0x80), 0],
    'a tag of five bytes, which decoders read in different ways': [0x88, 0x80, 0x80, 0x80, 0, 1],
    'a length of five bytes': [0x0a, 0x81, 0x80, 0x80, 0x80, 0, 1],
    'a group': [0x0b, 0x0c],
    'eight bytes that are not all there': [9, 1, 2, 3]
  }
  for (const [name, bytes] of Object.entries(malformed)) {
    it(`refuses ${name}`, () => {
      assert.throws(() => read(Uint8Array.from(bytes)), { name: 'MalformedMessageError' })
    })
  }
})
