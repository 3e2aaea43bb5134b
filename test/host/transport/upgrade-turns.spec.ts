import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { UpgradeTurns } from '../../../src/host/transport/upgrade-turns.ts'

describe('turns of upgrades', () => {
  let turns: UpgradeTurns
  let begun: string[]
  /** By who runs. */
  let ends: Map<string, () => void>
  const never = new AbortController().signal

  beforeEach(() => {
    turns = new UpgradeTurns()
    begun = []
    ends = new Map()
  })

  function take (underlay: string, id: string, signal = never): Promise<string> {
    return turns.take(underlay, signal, async () => {
      begun.push(id)
      await new Promise<void>((resolve) => { ends.set(id, resolve) })
      return id
    })
  }

  it('are eight at a time, and those who wait come in their order', async () => {
    const all = Array.from({ length: 10 }, async (_, id) => take(`underlay ${id}`, `${id}`))
    await turn()
    assert.deepEqual(begun, ['0', '1', '2', '3', '4', '5', '6', '7'])
    ends.get('3')?.()
    assert.equal(await all[3], '3')
    ends.get('0')?.()
    await turn()
    assert.deepEqual(begun.slice(8), ['8', '9'])
  })

  it('are two at a time of one underlay, which keeps nobody else waiting', async () => {
    for (const id of ['a', 'b', 'c']) {
      void take('greedy', id)
    }
    void take('other', 'd')
    await turn()
    assert.deepEqual(begun, ['a', 'b', 'd'])
    ends.get('a')?.()
    await turn()
    assert.deepEqual(begun, ['a', 'b', 'd', 'c'])
  })

  it('pass by who has given up, and go on after one that failed', async () => {
    const failing = turns.take('greedy', never, async () => Promise.reject(new Error('no handshake')))
    const second = take('greedy', 'second')
    const leaves = new AbortController()
    const gone = take('greedy', 'gone', leaves.signal)
    const last = take('greedy', 'last')
    leaves.abort(new Error('the channel has ended'))
    await assert.rejects(failing, { message: 'no handshake' })
    await assert.rejects(gone, { message: 'the channel has ended' })
    await assert.rejects(take('other', 'late', leaves.signal), { message: 'the channel has ended' })
    await turn()
    assert.deepEqual(begun, ['second', 'last'])
    ends.get('second')?.()
    ends.get('last')?.()
    assert.deepEqual(await Promise.all([second, last]), ['second', 'last'])
  })
})
