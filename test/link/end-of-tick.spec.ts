import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { setImmediate as nextTick } from 'node:timers/promises'
import { EndOfTick, afterInput } from '../../src/link/end-of-tick.ts'
import type { AddressInfo, Socket } from 'node:net'

describe('end of tick', () => {
  it('flushes once what was added in a tick, in order, and not before the tick is over', async () => {
    const endOfTick = new EndOfTick()
    const flushed: string[] = []
    endOfTick.add({ flush: () => { flushed.push('first') } })
    endOfTick.add({ flush: () => { flushed.push('second') } })
    await Promise.resolve()
    assert.deepEqual(flushed, [])
    await nextTick()
    assert.deepEqual(flushed, ['first', 'second'])
    await nextTick()
    assert.deepEqual(flushed, ['first', 'second'])
  })

  it('flushes in the next tick what is added by a flush', async () => {
    const endOfTick = new EndOfTick()
    let flushes = 0
    const item = { flush: () => { if (++flushes < 3) endOfTick.add(item) } }
    endOfTick.add(item)
    await nextTick()
    assert.equal(flushes, 1)
    await nextTick()
    await nextTick()
    assert.equal(flushes, 3)
  })
})

describe('after input', () => {
  it('comes after what arrives while the input of the turn is handled', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [[peer]] = await Promise.all([once(server, 'connection') as Promise<Socket[]>, once(socket, 'connect')])
    const events: string[] = []
    socket.on('data', () => { events.push('answer') })
    const ran = new Promise<void>((resolve) => {
      peer.once('data', () => {
        peer.write('answer')
        afterInput(() => {
          events.push('after')
          resolve()
        })
      })
    })
    socket.write('question')
    await ran
    socket.destroy()
    server.close()
    assert.deepEqual(events, ['answer', 'after'])
  })
})
