import assert from 'node:assert/strict'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { BywayTransport } from '../../../src/host/transport/byway-transport.ts'
import { CODE_BYWAY, bywayAddressOf, listenAddress, parseBywayAddress } from '../../../src/host/transport/byway-address.ts'
import { peerOf } from '../../helpers/descriptors.ts'
import type { BywayTransportComponents } from '../../../src/host/transport/byway-transport.ts'

const A = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
const F = '12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq'

describe('addresses of byway', () => {
  const cases: Array<[address: string, application: string | undefined, forwarder: string | undefined]> = [
    ['/byway', undefined, undefined],
    [`/byway/p2p/${A}`, A, undefined],
    [`/ip4/192.0.2.1/tcp/4001/p2p/${F}/byway`, undefined, `/ip4/192.0.2.1/tcp/4001/p2p/${F}`],
    [`/ip4/192.0.2.1/tcp/4001/ws/p2p/${F}/byway/p2p/${A}`, A, `/ip4/192.0.2.1/tcp/4001/ws/p2p/${F}`],
    [`/p2p/${F}/byway/p2p/${A}`, A, `/p2p/${F}`]
  ]
  for (const [address, application, forwarder] of cases) {
    it(`are read: ${address.replace(A, 'A').replace(F, 'F')}`, () => {
      const parsed = parseBywayAddress(multiaddr(address))
      assert.deepEqual([parsed?.application?.toString(), parsed?.forwarder?.toString()], [application, forwarder])
    })
  }

  for (const address of ['/ip4/192.0.2.1/tcp/4001', `/ip4/192.0.2.1/tcp/4001/p2p/${A}`, '/ip4/192.0.2.1/tcp/4001/byway', `/byway/p2p/${A}/p2p-circuit`, `/byway/p2p/${A}/p2p/${A}`, '/byway/tcp/1', '/']) {
    it(`are not taken for what they are not: ${address.replaceAll(A, 'A')}`, () => {
      assert.equal(parseBywayAddress(multiaddr(address)), undefined)
    })
  }

  it('regression: are dialled though another one beside them has an id that no peer can have', () => {
    const transport = new BywayTransport({ logger: defaultLogger() } as unknown as BywayTransportComponents, { network: 'test', announce: true, underlay: async () => { throw new Error('not started') } })
    const good = multiaddr(`/byway/p2p/${A}`)
    assert.deepEqual(transport.dialFilter([multiaddr('/byway/p2p/1'), good]), [good])
  })

  it('keep their bytes: the code is of the private-use range', async () => {
    assert.ok(CODE_BYWAY >= 0x300000 && CODE_BYWAY <= 0x3fffff)
    const address = bywayAddressOf(await peerOf(1))
    assert.equal(Buffer.from(address.bytes.subarray(0, 4)).toString('hex'), '8082ec01')
    assert.equal(multiaddr(address.bytes).toString(), address.toString())
  })

  it('to listen on have no id', () => {
    assert.equal(listenAddress().toString(), '/byway')
    assert.equal(listenAddress(multiaddr(`/p2p/${F}`)).toString(), `/p2p/${F}/byway`)
  })
})
