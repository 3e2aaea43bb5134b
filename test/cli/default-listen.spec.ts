import assert from 'node:assert/strict'
import { defaultListen } from '../../src/cli/default-listen.ts'

describe('where a node listens unless it is told', () => {
  const OVER_IP4 = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws']
  const PRIVATE = [{ family: 'IPv4' as const, address: '127.0.0.1' }, { family: 'IPv6' as const, address: '::1' }, { family: 'IPv6' as const, address: 'fe80::1' }, { family: 'IPv6' as const, address: 'fd00::5' }]

  it('is IPv4, where the machine has no public address of IPv6', () => {
    assert.deepEqual(defaultListen(OVER_IP4, { lo: PRIVATE }), OVER_IP4)
    assert.deepEqual(defaultListen(OVER_IP4, {}), OVER_IP4)
  })

  it('is both where it has one', () => {
    const interfaces = { lo: PRIVATE, eth0: [{ family: 'IPv6' as const, address: '2606:4700::1111' }] }
    assert.deepEqual(defaultListen(OVER_IP4, interfaces), [...OVER_IP4, '/ip6/::/tcp/0', '/ip6/::/tcp/0/ws'])
  })
})
