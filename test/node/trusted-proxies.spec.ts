import assert from 'node:assert/strict'
import { TrustedProxies, parseSubnet } from '../../src/node/trusted-proxies.ts'

describe('trusted proxies', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8:1::/48'])

  for (const { title, from, header, client } of [
    { title: 'who connects without one', from: '192.0.2.1', header: undefined, client: '192.0.2.1' },
    { title: 'who is no proxy, whatever it says', from: '192.0.2.1', header: '198.51.100.7', client: '192.0.2.1' },
    { title: 'whom a proxy names', from: '127.0.0.1', header: '198.51.100.7', client: '198.51.100.7' },
    { title: 'the last one that it names: those before, others have written', from: '127.0.0.1', header: '203.0.113.5, 198.51.100.7', client: '198.51.100.7' },
    { title: 'whom a proxy behind a proxy names', from: '127.0.0.1', header: '203.0.113.5, 198.51.100.7, 10.1.2.3', client: '198.51.100.7' },
    { title: 'over IPv6', from: '2001:db8:1::7', header: '2001:db8:2::5', client: '2001:db8:2::5' },
    { title: 'with a port', from: '10.0.0.1', header: '198.51.100.7:4711', client: '198.51.100.7' },
    { title: 'in brackets, with a port', from: '10.0.0.1', header: '[2001:db8:2::5]:4711', client: '2001:db8:2::5' },
    { title: 'the proxy itself where it names nobody', from: '127.0.0.1', header: undefined, client: '127.0.0.1' },
    { title: 'the proxy itself where it hides whom it connects', from: '10.0.0.1', header: 'unknown', client: '10.0.0.1' },
    { title: 'the last proxy where all that are named are proxies', from: '127.0.0.1', header: '10.0.0.2, 10.0.0.1', client: '10.0.0.2' },
    { title: 'the proxy itself where another one beside it, on its machine, names nobody more', from: '10.0.0.1', header: '198.51.100.7, 127.0.0.1', client: '10.0.0.1' },
    { title: 'the same, in IPv6', from: '10.0.0.1', header: '::ffff:127.0.0.1', client: '10.0.0.1' },
    { title: 'who is on this machine, as its proxy says', from: '127.0.0.1', header: '127.0.0.2', client: '127.0.0.2' },
    { title: 'nobody at an address with a zone', from: '10.0.0.1', header: 'fe80::1%eth0', client: '10.0.0.1' },
    { title: 'whom it names behind a header of any length', from: '10.0.0.1', header: `${'10.0.0.1,'.repeat(100_000)}198.51.100.7`, client: '198.51.100.7' }
  ]) {
    it(`tell ${title}`, () => {
      assert.equal(proxies.clientOf(from, header), client)
    })
  }

  for (const [text, subnet] of [
    ['192.0.2.1', { address: '192.0.2.1', bits: 32, family: 'ipv4' }],
    ['192.0.2.0/24', { address: '192.0.2.0', bits: 24, family: 'ipv4' }],
    ['2001:db8::/32', { address: '2001:db8::', bits: 32, family: 'ipv6' }],
    ['::1', { address: '::1', bits: 128, family: 'ipv6' }]
  ] as const) {
    it(`may be ${text}`, () => { assert.deepEqual(parseSubnet(text), subnet) })
  }

  for (const text of ['', 'localhost', '192.0.2', '192.0.2.1/33', '192.0.2.1/', '192.0.2.1/-1', '192.0.2.1/8/8', '::1/129', 'fe80::1%eth0']) {
    it(`may not be "${text}"`, () => {
      assert.equal(parseSubnet(text), undefined)
      assert.throws(() => new TrustedProxies([text]), { name: 'InvalidSubnetError', code: 'INVALID_SUBNET' })
    })
  }
})
