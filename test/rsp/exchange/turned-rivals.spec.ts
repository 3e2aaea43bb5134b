import assert from 'node:assert/strict'
import { TurnedRivals } from '../../../src/rsp/exchange/turned-rivals.ts'
import { VirtualTimers } from '../../helpers/virtual-timers.ts'
import type { NamedLink } from '../../../src/rsp/exchange/subscription.ts'

const LINKS = 1_000
const TURN_MS = 10

describe('rivals that have turned', () => {
  let timers: VirtualTimers
  let turned: TurnedRivals
  /** By rival, in the order in which they were looked at. */
  let looked: Map<string, string[]>

  beforeEach(() => {
    timers = new VirtualTimers()
    looked = new Map()
    turned = new TurnedRivals({
      linksOf,
      onChange: (rival, link) => { looked.set(rival, [...looked.get(rival) ?? [], link]) },
      startTimer: timers.startTimer
    })
  })

  const linksOf = (rival: string): NamedLink[] => Array.from({ length: LINKS }, (_, link) => [rival, `${link}`])
  const counts = (): number[] => [...looked.values()].map(({ length }) => length)

  it('have all their links looked at, a few at a time and each rival in its turn', () => {
    turned.turned('r')
    turned.turned('s')
    assert.deepEqual(counts(), [])
    timers.advance(TURN_MS)
    assert.deepEqual(counts(), [128])
    timers.advance(2 * TURN_MS)
    assert.deepEqual([...looked.keys(), ...counts()], ['r', 's', 256, 128])
    assert.deepEqual([turned.has('r'), turned.has('s')], [true, true])
    timers.advance(13 * TURN_MS)
    assert.deepEqual([counts(), turned.has('r'), turned.has('s'), timers.running], [[LINKS, LINKS], false, false, 0])
  })

  it('are looked at once, however often they turned before that began', () => {
    for (let times = 0; times < 170; times++) {
      turned.turned('r')
    }
    timers.advance(10_000)
    assert.deepEqual(counts(), [LINKS])
  })

  it('are looked at to the end though they turn all the time, and once more after the last time', () => {
    for (let turn = 1; turn <= 8; turn++) {
      turned.turned('r')
      timers.advance(TURN_MS)
    }
    turned.turned('r')
    assert.equal(new Set(looked.get('r')).size, LINKS)
    looked.clear()
    timers.advance(10_000)
    assert.deepEqual(counts(), [LINKS])
  })

  it('have what they said when they were removed looked at likewise, also where they come back and turn meanwhile', () => {
    turned.turned('r')
    timers.advance(TURN_MS)
    turned.removed('r', [['removed', '1'], ['removed', '2']])
    assert.equal(turned.has('r'), false)
    turned.turned('r')
    looked.clear()
    timers.advance(10_000)
    assert.deepEqual([...looked.keys(), ...counts()], ['removed', 'r', 2, LINKS])
  })

  it('do not pile up when many are removed: the first is looked at to its end', () => {
    for (let rival = 0; rival < 17; rival++) {
      assert.deepEqual(counts(), [])
      turned.removed(`${rival}`, linksOf(`${rival}`))
    }
    assert.deepEqual([...looked.keys(), ...counts()], ['0', LINKS])
  })

  it('are not looked at, and leave no timer, after the end', () => {
    turned.turned('r')
    turned.stop()
    turned.turned('s')
    assert.equal(timers.running, 0)
  })
})
