import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PathNotes } from '../../src/forwarder/path-notes.ts'
import type { PathNote } from '../../src/forwarder/path-notes.ts'

const NOTE: PathNote = { account: 3, source: 4, bringer: 5, pathNumber: 2 ** 32 - 1, begins: true, ends: false }

describe('notes of paths', () => {
  it('are what was noted last, for any entries in any order', () => {
    const note = fc.record<PathNote>({ account: fc.nat(), source: fc.nat(), bringer: fc.nat(), pathNumber: fc.nat(2 ** 32 - 1), begins: fc.boolean(), ends: fc.boolean() }, { noNullPrototype: true })
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(300), note), { maxLength: 100 }), (written) => {
      const notes = new PathNotes()
      const last = new Map(written)
      written.forEach(([entry, value]) => { notes.set(entry, value) })
      for (const [entry, value] of last) {
        assert.deepEqual(notes.get(entry), value)
      }
    }), { numRuns: 300 })
  })

  it('count what is new in each direction', () => {
    const notes = new PathNotes()
    notes.set(0, NOTE)
    assert.deepEqual(notes.since(0, 0, 10, 1_000), { packets: 10, bytes: 1_000 })
    assert.deepEqual(notes.since(0, 0, 12, 1_100), { packets: 2, bytes: 100 })
    assert.deepEqual(notes.since(0, 1, 7, 70), { packets: 7, bytes: 70 })
    assert.deepEqual(notes.since(0, 0, 12, 1_100), { packets: 0, bytes: 0 })
    assert.deepEqual(notes.get(0), NOTE)
  })

  it('count packets past 2^32', () => {
    const notes = new PathNotes()
    notes.set(0, NOTE)
    notes.since(0, 0, 2 ** 32 - 2, 10)
    assert.deepEqual(notes.since(0, 0, 3, 20), { packets: 5, bytes: 10 })
  })

  it('begin anew with a new path in the entry, and leave its neighbours alone', () => {
    const notes = new PathNotes()
    notes.set(0, NOTE)
    notes.set(1, NOTE)
    notes.since(0, 0, 10, 100)
    notes.since(1, 0, 10, 100)
    notes.set(0, { ...NOTE, account: 9 })
    assert.deepEqual(notes.since(0, 0, 4, 40), { packets: 4, bytes: 40 })
    assert.deepEqual(notes.since(1, 0, 11, 110), { packets: 1, bytes: 10 })
  })

  it('take 72 bytes for each entry, and room for no more than twice as many', () => {
    const notes = new PathNotes()
    assert.equal(notes.heldBytes, 0)
    for (let entry = 0; entry < 10_000; entry++) {
      notes.set(entry, NOTE)
      assert.ok(notes.heldBytes <= Math.max(64, 2 * (entry + 1)) * 72)
    }
  })
})
