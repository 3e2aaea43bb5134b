import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { bootstrap } from '../../src/discovery/bootstrap.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { PUBLIC_ONLY, publicLookup } from '../../src/node/public-addresses.ts'
import { until } from '../helpers/testnet.ts'
import type { AddressInfo } from 'node:net'
import type { LookupAddress } from 'node:dns'

const PUBLIC: LookupAddress = { address: '8.8.8.8', family: 4 }
const PUBLIC6: LookupAddress = { address: '2606:4700::1111', family: 6 }
const PRIVATE: LookupAddress[] = ['127.0.0.1', '10.0.0.5', '169.254.169.254', '192.168.1.1', '0.0.0.0'].map((address) => ({ address, family: 4 }))
const PRIVATE6: LookupAddress[] = ['::1', '::', 'fd00::5', 'fe80::1', 'fe80::1%eth0', '::ffff:10.0.0.5', '::ffff:a00:5'].map((address) => ({ address, family: 6 }))

describe('a public node', () => {
  const isDenied = async (address: string): Promise<boolean> => await PUBLIC_ONLY.denyDialMultiaddr?.(multiaddr(address)) === true

  for (const address of ['/ip4/8.8.8.8/tcp/4001', '/ip6/2606:4700::1111/tcp/4001', '/dns4/node.example.net/tcp/4001', '/dns/node.example.net/tcp/443/tls/ws', '/dns6/node.example.net/tcp/4002/ws']) {
    it(`may dial ${address}`, async () => { assert.equal(await isDenied(address), false) })
  }

  for (const address of [
    ...PRIVATE.map(({ address }) => `/ip4/${address}/tcp/22`), '/ip6/::1/tcp/22', '/ip6/fd00::5/tcp/22', '/ip6/fe80::1/tcp/22', '/ip6/::ffff:10.0.0.5/tcp/22', '/ip6zone/eth0/ip6/fe80::1/tcp/22',
    '/dns4/localhost/tcp/22', '/dns4/10.0.0.5/tcp/22', '/dns/::1/tcp/22', '/dns6/fe80::1%eth0/tcp/22', '/unix/%2Frun%2Fdocker.sock'
  ]) {
    it(`regression: may not dial ${address}`, async () => { assert.equal(await isDenied(address), true) })
  }

  describe('looks names up', () => {
    const found = async (answers: LookupAddress[], all: boolean): Promise<unknown> => new Promise((resolve, reject) => {
      publicLookup((name, options, done) => {
        assert.deepEqual([name, options.all, options.family], ['node.example', true, 4])
        done(null, answers)
      })('node.example', { all, family: 4 }, (error, address, family) => {
        if (error === null) {
          resolve(all ? address : [address, family])
        } else {
          reject(error)
        }
      })
    })

    it('and gets those of its addresses that are public', async () => {
      assert.deepEqual(await found([...PRIVATE, PUBLIC, ...PRIVATE6, PUBLIC6], true), [PUBLIC, PUBLIC6])
      assert.deepEqual(await found([...PRIVATE, PUBLIC6], false), ['2606:4700::1111', 6])
    })

    it('regression: and none of a name that stands for private ones only', async () => {
      await assert.rejects(found([...PRIVATE, ...PRIVATE6], true), { name: 'PrivateAddressError', host: 'node.example' })
      await assert.rejects(found([], false), { name: 'PrivateAddressError' })
    })

    it('and tells why it cannot', async () => {
      const ask = publicLookup((_name, _options, done) => { done(new Error('no such name'), []) })
      const told = await new Promise((resolve) => { ask('node.example', {}, resolve) })
      assert.equal((told as Error).message, 'no such name')
    })
  })

  it('regression: connects to nothing on its own machine, whatever the address calls it', async () => {
    let calls = 0
    const server = createServer((socket) => {
      calls++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await until(() => server.listening, 'it listens')
    const { port } = server.address() as AddressInfo
    const node = await createNode({ role: bootstrap({ network: 'test' }), privateKey: await keyOf(71), listen: ['/ip4/127.0.0.1/tcp/0'], network: 'test', servesDht: true })
    const peer = await peerOf(72)
    try {
      // what looks up 127.1 finds 127.0.0.1 without asking anybody
      for (const at of [`/dns4/127.1/tcp/${port}`, `/dns4/127.0.0.1/tcp/${port}`, `/dns4/127.1/tcp/${port}/ws`, `/dns4/127.1/tcp/${port}/tls/ws`, `/ip4/8.8.8.8/tcp/${port}/tls/sni/127.1/ws`, `/ip4/8.8.8.8/tcp/${port}/tls/sni/localhost/ws`]) {
        await assert.rejects(node.dial(multiaddr(`${at}/p2p/${peer.toString()}`)), (error: Error) => /PrivateAddress|DialDenied|127\.1|private network/.test(`${error.name} ${error.message}`), at)
      }
      assert.equal(calls, 0)
    } finally {
      server.close()
      await node.stop()
    }
  })
})
