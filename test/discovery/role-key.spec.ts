import assert from 'node:assert/strict'
import { hostKey, kadProtocol, PUBLIC_NETWORK, roleKey } from '../../src/discovery/role-key.ts'
import { peerOf } from '../helpers/descriptors.ts'

/** Part of the protocol: nodes of different versions meet under these keys. */
const GOLDEN = {
  'forwarders of the public network': { key: roleKey(PUBLIC_NETWORK, 'forwarder'), cid: 'bafkreif27kedplo3krbtmzotu6ea2asue4k7jyy5khomvbnh4iocqnmnau' },
  'RSPs of the public network': { key: roleKey(PUBLIC_NETWORK, 'rsp'), cid: 'bafkreiaqlagu4skdmn7dbadqa4zbqaf7al46vxlc5diozs3bq7ry6wfyoy' },
  'forwarders of the public network in the region eu': { key: roleKey(PUBLIC_NETWORK, 'forwarder', 'eu'), cid: 'bafkreidyy5vn2g66yr643myaxp732qw4sqaxnp4wnbbgj7ne72m6bhl6ka' },
  'forwarders of another network': { key: roleKey('test', 'forwarder'), cid: 'bafkreidvqygvus7etxpntfyjfwqewyeujchdovicqdxe2ysgipek6ipb5m' },
  'a host of the public network': { key: hostKey(PUBLIC_NETWORK, await peerOf(1)), cid: 'bafkreihujeaaz7o2wtem4frt36xtyfqdye577jnqz4sl4y6hwmh7lbtjui' }
}

describe('role keys', () => {
  for (const [title, { key, cid }] of Object.entries(GOLDEN)) {
    it(`are the agreed one for ${title}`, () => { assert.equal(key.toString(), cid) })
  }

  it('differ by network, role, region and host', async () => {
    const keys = [...Object.values(GOLDEN).map(({ key }) => key), roleKey(PUBLIC_NETWORK, 'host'), hostKey(PUBLIC_NETWORK, await peerOf(2)), hostKey('test', await peerOf(1))]
    assert.equal(new Set(keys.map(String)).size, keys.length)
  })

  it('belong to a DHT of the network\'s own', () => {
    assert.equal(kadProtocol(PUBLIC_NETWORK), '/byway/kad/1.0.0')
    assert.equal(kadProtocol('test'), '/byway/test/kad/1.0.0')
  })
})
