import assert from 'node:assert/strict'
import { COOKIE_LIFE_MS, Cookies } from '../../src/defence/cookies.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'

const SOURCE = new Uint8Array(16).fill(1)
const CALLER = new Uint8Array(16).fill(2)
const OTHER = new Uint8Array(16).fill(3)
const START_MS = 1_000_500

function random (seed: number): (bytes: number) => Uint8Array {
  const next = seededUint32(seed)
  return bytes => Uint8Array.from({ length: bytes }, () => next() & 0xff)
}

describe('Cookies', () => {
  it('are good for their source through their caller, and nobody else', () => {
    const cookies = new Cookies(random(1))
    const cookie = cookies.make(SOURCE, CALLER, START_MS)
    assert.equal(cookie.length, 20)
    assert.equal(cookies.isGood(cookie, SOURCE, CALLER, START_MS), true)
    assert.equal(cookies.isGood(cookie, OTHER, CALLER, START_MS), false, 'stolen by another source')
    assert.equal(cookies.isGood(cookie, SOURCE, OTHER, START_MS), false, 'shown through another caller')
    assert.equal(cookies.isGood(cookie, CALLER, SOURCE, START_MS), false)
    assert.equal(new Cookies(random(2)).isGood(cookie, SOURCE, CALLER, START_MS), false, 'made by another node')
  })

  it('are good for two minutes, across the change of the secret at any time', () => {
    for (let offsetMs = 0; offsetMs < COOKIE_LIFE_MS; offsetMs += 7_300) {
      const cookies = new Cookies(random(1))
      const cookie = cookies.make(SOURCE, CALLER, START_MS + offsetMs)
      for (const ageMs of [0, 60_000, COOKIE_LIFE_MS]) {
        assert.equal(cookies.isGood(cookie, SOURCE, CALLER, START_MS + offsetMs + ageMs), true, `after ${ageMs} ms at ${offsetMs} ms`)
      }
      assert.equal(cookies.isGood(cookie, SOURCE, CALLER, START_MS + offsetMs + COOKIE_LIFE_MS + 1_000), false)
    }
  })

  it('are not good before their time, nor after a pause of many secrets', () => {
    const cookies = new Cookies(random(1))
    const cookie = cookies.make(SOURCE, CALLER, START_MS)
    assert.equal(cookies.isGood(cookie, SOURCE, CALLER, START_MS - 1_000), false)
    const redated = new Uint8Array(cookie)
    new DataView(redated.buffer).setUint32(0, 2_000)
    assert.equal(cookies.isGood(redated, SOURCE, CALLER, 2_000_000), false)
  })

  it('are not good with any bit changed, nor with another length', () => {
    const cookies = new Cookies(random(1))
    const cookie = cookies.make(SOURCE, CALLER, START_MS)
    for (let bit = 0; bit < 160; bit++) {
      const changed = new Uint8Array(cookie)
      changed[bit >> 3] ^= 1 << (bit & 7)
      assert.equal(cookies.isGood(changed, SOURCE, CALLER, START_MS), false, `bit ${bit}`)
    }
    for (const length of [0, 4, 19, 21]) {
      assert.equal(cookies.isGood(new Uint8Array(length), SOURCE, CALLER, START_MS), false)
    }
  })

  it('of a hundred thousand forgeries none is taken, with the right time or any, and quickly', () => {
    const cookies = new Cookies(random(1))
    const next = seededUint32(9)
    const forgery = cookies.make(SOURCE, CALLER, START_MS)
    const words = new DataView(forgery.buffer)
    const beganMs = performance.now()
    let taken = 0
    for (let i = 0; i < 100_000; i++) {
      words.setUint32(0, i % 2 === 0 ? Math.floor(START_MS / 1_000) : next())
      for (let at = 4; at < 20; at += 4) {
        words.setUint32(at, next())
      }
      taken += cookies.isGood(forgery, SOURCE, CALLER, START_MS) ? 1 : 0
    }
    assert.equal(taken, 0)
    // 50,000 MACs; a slow machine under load gets ten times what they take
    assert.ok(performance.now() - beganMs < 5_000)
  })

  it('reads a cookie where it lies in a larger buffer', () => {
    const cookies = new Cookies(random(1))
    const larger = new Uint8Array(40)
    larger.set(cookies.make(SOURCE, CALLER, START_MS), 7)
    assert.equal(cookies.isGood(larger.subarray(7, 27), SOURCE, CALLER, START_MS), true)
  })

  it('are made for node ids only', () => {
    assert.throws(() => new Cookies(random(1)).make(new Uint8Array(15), CALLER, START_MS), RangeError)
  })
})
