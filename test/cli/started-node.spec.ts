import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { stopNode } from '../../src/cli/started-node.ts'

describe('the stop of a node that a command has started', () => {
  afterEach(() => { mock.timers.reset() })

  it('has nothing to say of one that stops', async () => {
    assert.equal(await stopNode({ stop: () => {} }), undefined)
  })

  it('says why it failed', async () => {
    assert.equal(await stopNode({ stop: async () => { throw new Error('the disk is full') } }), 'Error: the disk is full')
  })

  it('says so when it does not end, and waits no longer', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const problem = stopNode({ stop: async () => new Promise<void>(() => {}) })
    mock.timers.tick(4_000)
    assert.equal(await problem, 'it has not stopped within 4 s')
  })
})
