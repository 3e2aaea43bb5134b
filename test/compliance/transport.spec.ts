// The suite that every transport of libp2p must pass, over forwarders, an RSP and two underlays.
import tests from '@libp2p/interface-compliance-tests/transport'
import { multiaddr } from '@multiformats/multiaddr'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { byway } from '../../src/node/byway.ts'
import { createTestnet } from '../helpers/testnet.ts'
import { overlayInit } from '../helpers/applications.ts'
import { parseBywayAddress } from '../../src/host/transport/byway-address.ts'
import type { BywayInit } from '../../src/node/byway.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pInit } from 'libp2p'
import type { Testnet } from '../helpers/testnet.ts'

const matcher = {
  matchers: [],
  matches: (address?: Multiaddr): boolean => address !== undefined && parseBywayAddress(address) !== undefined,
  exactMatch: (address?: Multiaddr): boolean => address !== undefined && parseBywayAddress(address) !== undefined
}

describe('the transport /byway, to libp2p', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'] })
    await net.ready()
  })

  after(async () => { await net.stop() })

  const application = (init: Partial<BywayInit>): Libp2pInit => ({
    transports: [byway(overlayInit(net.seeds, init))],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false }
  })

  for (const [title, init] of [['on the default route', {}], ['over paths alone', { listen: [] }]] as Array<[string, Partial<BywayInit>]>) {
    describe(title, () => {
      tests({
        async setup () {
          // the suite dials what the listener announces, and wants two addresses of it
          const listen = ['/byway', multiaddr(net.forwarders[0].getMultiaddrs()[0]).encapsulate('/byway').toString()]
          return {
            dialer: application(init),
            listener: { ...application({ ...init, announce: true }), addresses: { listen } },
            dialMultiaddrMatcher: matcher,
            listenMultiaddrMatcher: matcher
          }
        },
        async teardown () {}
      })
    })
  }
})
