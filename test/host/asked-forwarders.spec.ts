import assert from 'node:assert/strict'
import { AskedForwarders } from '../../src/host/asked-forwarders.ts'

const OURS = undefined

/** Of four places, as they were asked for: each of them by an asker of its own. */
function asked (...wishes: Array<[forwarder: string, owner: string | undefined]>): AskedForwarders {
  const places = new AskedForwarders(4)
  for (const [forwarder, owner] of wishes) {
    places.add(forwarder, {}, owner)
  }
  return places
}

describe('forwarders that a host was asked to attach to', () => {
  it('are few', () => {
    const places = asked(['a', 'peer'], ['b', 'peer'], ['c', 'peer'])
    assert.deepEqual([places.isFull, places.size, places.has('c'), places.has('d')], [false, 3, true, false])
    places.add('d', {}, 'peer')
    assert.equal(places.isFull, true)
  })

  it('take one place however many ask for the same', () => {
    const places = asked(['a', 'peer'], ['a', 'other'], ['a', OURS])
    assert.deepEqual(places.keys(), ['a'])
  })

  it('stay until the last that asked has ended', () => {
    const places = new AskedForwarders(4)
    const [one, other] = [{}, {}]
    places.add('a', one, 'peer')
    places.add('a', other, 'peer')
    places.add('b', one, 'peer')
    places.release(one)
    assert.deepEqual(places.keys(), ['a'])
    places.release(other)
    places.release(other)
    assert.equal(places.size, 0)
  })

  it('give their place to another one when they are told to', () => {
    const places = asked(['a', 'peer'])
    places.drop('a')
    assert.equal(places.has('a'), false)
  })

  const LOSSES: Array<{ title: string, places: AskedForwarders, owner: string | undefined, loss: string | undefined }> = [
    { title: 'the oldest of the peer that has most', places: asked(['a', 'modest'], ['b', 'greedy'], ['c', 'greedy'], ['d', 'greedy']), owner: 'modest', loss: 'b' },
    { title: 'one of the peer that has most, for a newcomer', places: asked(['a', 'one'], ['b', 'other'], ['c', 'other']), owner: 'new', loss: 'b' },
    { title: 'none, where the next one would have as many as that peer then', places: asked(['a', 'one'], ['b', 'one'], ['c', 'other'], ['d', 'other']), owner: 'other', loss: undefined },
    { title: 'none, where they would only change sides', places: asked(['a', 'one'], ['b', 'other'], ['c', 'other']), owner: 'one', loss: undefined },
    { title: 'none of a peer that has as many as any, for one more of its own', places: asked(['a', 'peer'], ['b', 'peer']), owner: 'peer', loss: undefined },
    { title: 'for the host itself one of a peer that has no more than one', places: asked(['a', OURS], ['b', OURS], ['c', 'peer']), owner: OURS, loss: 'c' },
    { title: 'never one of the host itself', places: asked(['a', OURS], ['b', OURS]), owner: 'peer', loss: undefined },
    { title: 'never one of the host itself, for another of its own either', places: asked(['a', OURS], ['b', OURS]), owner: OURS, loss: undefined },
    { title: 'none that two peers ask for', places: asked(['a', 'one'], ['a', 'other']), owner: 'new', loss: undefined },
    { title: 'none that a peer and the host itself ask for', places: asked(['a', 'one'], ['a', OURS]), owner: OURS, loss: undefined }
  ]
  for (const { title, places, owner, loss } of LOSSES) {
    it(`lose, for one more: ${title}`, () => {
      assert.equal(places.lossFor(owner), loss)
    })
  }

  it('end up shared evenly, whoever asks first and for how many', () => {
    const places = new AskedForwarders(4)
    const ask = (forwarder: string, owner: string): void => {
      const loss = places.isFull ? places.lossFor(owner) : undefined
      if (loss !== undefined) {
        places.drop(loss)
      }
      if (!places.isFull) {
        places.add(forwarder, {}, owner)
      }
    }
    for (const owner of ['first', 'second']) {
      for (let i = 0; i < 9; i++) {
        ask(`${owner}${i}`, owner)
      }
    }
    assert.deepEqual(places.keys(), ['first2', 'first3', 'second0', 'second1'])
  })
})
