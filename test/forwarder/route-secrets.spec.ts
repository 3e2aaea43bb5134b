import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RouteSecrets } from '../../src/forwarder/route-secrets.ts'

const START_S = 1_795_392_000

describe('route secrets', () => {
  let nowS: number
  let made: number
  let secrets: RouteSecrets

  beforeEach(() => {
    nowS = START_S
    made = 0
    secrets = new RouteSecrets({ randomBytes: (count) => new Uint8Array(count).fill(++made), nowS: () => nowS })
  })

  it('are of 32 random bytes, one for each window of expiry times', () => {
    const first = secrets.of(START_S)
    assert.equal(first?.length, 32)
    assert.equal(secrets.of(START_S + 1), first)
    assert.notDeepEqual(secrets.of(START_S + 960), first)
    assert.equal(made, 2)
  })

  for (const [title, offsetS, holds] of [['a minute ago', -60, true], ['longer ago', -61, false], ['in 16 minutes', 960, true], ['later', 961, false]] as const) {
    it(`${holds ? 'hold' : 'do not hold'} for packets that expire ${title}`, () => {
      assert.equal(secrets.of(START_S + offsetS) !== undefined, holds)
    })
  }

  it('do not hold for an expiry that is no number', () => {
    assert.equal(secrets.of(NaN), undefined)
  })

  it('stay for as long as something made under them can be valid, and are then forgotten: two live at once', () => {
    const expiryS = START_S + 900
    const secret = secrets.of(expiryS)
    for (; nowS <= expiryS + 60; nowS += 7) {
      assert.equal(secrets.of(expiryS), secret)
      secrets.of(nowS + 960)
      assert.ok(secrets.size <= 2)
    }
    nowS = expiryS + 61
    assert.equal(secrets.of(expiryS), undefined)
    nowS += 2_000
    secrets.of(nowS)
    assert.equal(secrets.size, 1)
  })

  it('are two at the most whenever they are asked for, also when the clock is put', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: -100, max: 1_000 })), { maxLength: 50 }), (steps) => {
      for (const [stepS, aheadS] of steps) {
        nowS += stepS
        secrets.of(nowS + aheadS)
        assert.ok(secrets.size <= 2)
      }
    }))
  })
})
