import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { missing } from '../../src/cli/short-lived-host.ts'

describe('a host that finds nothing to go by', () => {
  const found = { network: 'test', bootstrap: [multiaddr('/ip4/192.0.2.1/tcp/4001')], waitMs: 20_000, forwarders: 3, measured: 0, connections: 3, clocksApart: 0 }

  it('regression: says that the clock may be why', () => {
    assert.match(missing(found).message, /can they be reached from here\?$/)
    for (const forwarders of [0, 3]) {
      assert.match(missing({ ...found, forwarders, clocksApart: 1 }).message, /none took this host within 20 s\. 1 node that answers tells another time than this machine, by a minute or more: is its clock right\?$/)
    }
    assert.doesNotMatch(missing({ ...found, measured: 2, clocksApart: 1 }).message, /clock/)
  })
})
