import assert from 'node:assert/strict'
import { TypedEventEmitter } from 'main-event'
import { Standstill } from '../../src/simulation/standstill.ts'
import type { MultiaddrConnection, PeerId } from '@libp2p/interface'

class FakeConnection extends TypedEventEmitter<{ close: Event }> {
  status = 'open'
  isPaused = false

  pause (): void {
    this.isPaused = true
  }

  resume (): void {
    assert.equal(this.status, 'open', 'only an open connection can go on')
    this.isPaused = false
  }

  end (): void {
    this.status = 'closed'
    this.safeDispatchEvent('close')
  }
}

function inbound (standstill: Standstill, connection: FakeConnection): void {
  assert.equal(standstill.gater.denyInboundConnection?.(connection as unknown as MultiaddrConnection), false)
}

function outbound (standstill: Standstill, connection: FakeConnection): void {
  assert.equal(standstill.gater.denyOutboundEncryptedConnection?.({} as unknown as PeerId, connection as unknown as MultiaddrConnection), false)
}

describe('a node that stands still', () => {
  it('reads nothing from its connections, nor from new ones, until it goes on', () => {
    const standstill = new Standstill()
    const [before, dialled, during, ended] = Array.from({ length: 4 }, () => new FakeConnection())
    inbound(standstill, before)
    outbound(standstill, dialled)
    inbound(standstill, ended)
    standstill.begin()
    inbound(standstill, during)
    assert.deepEqual([before, dialled, during].map(({ isPaused }) => isPaused), [true, true, true])
    ended.end()
    standstill.end()
    assert.deepEqual([before, dialled, during].map(({ isPaused }) => isPaused), [false, false, false])
  })
})
