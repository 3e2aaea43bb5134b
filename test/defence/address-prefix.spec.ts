import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { addressPrefix, countedPrefix, hostPrefix, isLoopback } from '../../src/defence/address-prefix.ts'

const RELAY = '12D3KooWQF6Q3i1QkziJQ9mkNNcyFD8GPQz6R6oEvT75wgsVXm4v'

describe('address prefix', () => {
  for (const { what, address, prefix } of [
    { what: 'IPv4 at /24', address: '/ip4/192.0.2.77/tcp/4001', prefix: '192.0.2.0/24' },
    { what: 'IPv4 over UDP and WebRTC', address: '/ip4/198.51.100.3/udp/9000/webrtc-direct', prefix: '198.51.100.0/24' },
    { what: 'IPv6 at /48', address: '/ip6/2001:db8:7:8:9::1/tcp/4001', prefix: '2001:db8:7::/48' },
    { what: 'IPv6 with its gap inside the prefix', address: '/ip6/2001:db8::1/tcp/1', prefix: '2001:db8:0::/48' },
    { what: 'IPv6 in a zone', address: '/ip6zone/eth0/ip6/fe80::1/tcp/1', prefix: 'fe80:0:0::/48' },
    { what: 'IPv4 mapped into IPv6 as IPv4', address: '/ip6/::ffff:192.0.2.77/tcp/1', prefix: '192.0.2.0/24' },
    { what: 'IPv4 translated into IPv6 as IPv4', address: '/ip6/64:ff9b::c000:24d/tcp/1', prefix: '192.0.2.0/24' },
    { what: 'nothing for a name', address: '/dns4/forwarder.example/tcp/4001', prefix: undefined },
    { what: 'nothing for a relayed connection, whose address is the relay\'s', address: `/ip4/192.0.2.1/tcp/1/p2p/${RELAY}/p2p-circuit`, prefix: undefined }
  ]) {
    it(`is ${what}`, () => {
      assert.equal(addressPrefix(multiaddr(address)), prefix)
    })
  }

  it('is the same of what a socket tells of its remote end', () => {
    assert.deepEqual(['192.0.2.77', '2001:db8:7:8:9::1', '::ffff:192.0.2.77', 'fe80::1%eth0'].map(hostPrefix), ['192.0.2.0/24', '2001:db8:7::/48', '192.0.2.0/24', 'fe80:0:0::/48'])
  })

  it('gives two addresses of one site the same prefix, and a neighbouring site another', () => {
    const prefixes = ['2001:db8:7::1', '2001:db8:7:ffff:ffff::9', '2001:db8:8::1'].map(host => addressPrefix(multiaddr(`/ip6/${host}/tcp/1`)))
    assert.equal(prefixes[0], prefixes[1])
    assert.notEqual(prefixes[0], prefixes[2])
  })

  it('is not counted for this machine, and counted as one for all addresses that name no host', () => {
    const counted = ['/ip4/127.0.0.1/tcp/1', '/ip4/192.0.2.1/tcp/1', '/dns4/one.example/tcp/1', '/dns4/other.example/tcp/1'].map((address) => countedPrefix(multiaddr(address)))
    assert.deepEqual(counted, [undefined, '192.0.2.0/24', 'without host', 'without host'])
  })

  for (const { address, loopback } of [
    { address: '/ip4/127.0.0.1/tcp/1', loopback: true },
    { address: '/ip4/127.9.9.9/tcp/1', loopback: true },
    { address: '/ip6/::1/tcp/1', loopback: true },
    { address: '/ip6/::ffff:127.0.0.1/tcp/1', loopback: true },
    { address: '/ip4/192.0.2.1/tcp/1', loopback: false },
    { address: '/ip6/2001:db8::1/tcp/1', loopback: false },
    { address: '/dns4/localhost/tcp/1', loopback: false }
  ]) {
    it(`${address} is ${loopback ? '' : 'not '}loopback`, () => {
      assert.equal(isLoopback(multiaddr(address)), loopback)
    })
  }
})
