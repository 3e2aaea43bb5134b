import assert from 'node:assert/strict'
import { WaitingRoom } from '../../src/defence/waiting-room.ts'

const GRACE_MS = 2_000
const ATTACKER = '192.0.2.0/24'
const NEWCOMER = '198.51.100.0/24'

describe('waiting room', () => {
  it('gives a newcomer the place of whoever waits longest, of the prefix with most', () => {
    const room = new WaitingRoom<string>(GRACE_MS)
    room.add(NEWCOMER, 'first', 0)
    for (const name of ['a', 'b', 'c']) {
      room.add(ATTACKER, name, 1)
    }
    assert.equal(room.givesWay(NEWCOMER, 1), 'a')
    room.delete(ATTACKER, 'a')
    assert.equal(room.size, 3)
    assert.equal(room.givesWay('203.0.113.0/24', 1), 'b')
  })

  it('does not have honest ones push each other out: nobody gives way whose prefix has no more than the newcomer\'s would', () => {
    const room = new WaitingRoom<string>(GRACE_MS)
    room.add('203.0.113.0/24', 'slow', 0)
    room.add(ATTACKER, 'a', 1)
    room.add(ATTACKER, 'b', 1)
    assert.equal(room.givesWay(ATTACKER, GRACE_MS), undefined)
    assert.equal(room.givesWay(NEWCOMER, GRACE_MS), 'a')
    room.delete(ATTACKER, 'a')
    assert.equal(room.givesWay(NEWCOMER, GRACE_MS), undefined)
  })

  it('has whoever waits for longer than honest ones do give way to anybody', () => {
    const room = new WaitingRoom<string>(GRACE_MS)
    room.add(ATTACKER, 'a', 1)
    room.add(NEWCOMER, 'silent', 0)
    assert.equal(room.givesWay(ATTACKER, GRACE_MS + 1), 'silent')
  })

  it('regression: has whoever waits too long give way before one who came just now, of a prefix that has more', () => {
    const room = new WaitingRoom<string>(GRACE_MS)
    room.add(ATTACKER, 'silent', 0)
    for (const name of ['a', 'b', 'c']) {
      room.add(NEWCOMER, name, GRACE_MS)
    }
    assert.equal(room.givesWay('203.0.113.0/24', GRACE_MS), 'a')
    assert.equal(room.givesWay('203.0.113.0/24', GRACE_MS + 1), 'silent')
  })

  it('forgets who has left', () => {
    const room = new WaitingRoom<string>(GRACE_MS)
    room.add(ATTACKER, 'a', 0)
    room.delete(ATTACKER, 'b')
    room.delete(NEWCOMER, 'a')
    assert.equal(room.size, 1)
    room.delete(ATTACKER, 'a')
    assert.equal(room.size, 0)
    assert.equal(room.givesWay(NEWCOMER, 2 * GRACE_MS), undefined)
  })
})
