import assert from 'node:assert/strict'
import fc from 'fast-check'
import { copyBytes } from '../../src/link/copy-bytes.ts'

describe('copying a packet', () => {
  for (const { title, chunkOf } of [
    { title: 'out of a chunk that Node has made', chunkOf: (bytes: Uint8Array) => Buffer.from(bytes) },
    { title: 'out of any other chunk', chunkOf: (bytes: Uint8Array) => bytes },
    { title: 'out of a chunk that begins inside of its memory', chunkOf: (bytes: Uint8Array) => Buffer.concat([Buffer.alloc(7), bytes]).subarray(7) }
  ]) {
    it(`copies it and nothing else ${title}`, () => {
      fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(299), fc.nat(300), fc.nat(50), (bytes, from, most, to) => {
        const at = from % bytes.length
        const length = Math.min(most, bytes.length - at)
        const chunk = chunkOf(bytes)
        const target = new Uint8Array(to + length + 5).fill(0xee)
        copyBytes(chunk, at, length, target, to)
        assert.deepEqual(target, Uint8Array.from([...new Array<number>(to).fill(0xee), ...bytes.slice(at, at + length), ...new Array<number>(5).fill(0xee)]))
        assert.deepEqual(new Uint8Array(chunk), bytes)
      }))
    })
  }
})
