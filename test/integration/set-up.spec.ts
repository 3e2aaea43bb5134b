import assert from 'node:assert/strict'
import { Kind } from '../../protocols/forward/constants.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import type { PathHold } from '../../src/host/path-hold.ts'
import type { SetUpStyle } from '../../src/host/set-up-style.ts'
import type { Testnet } from '../helpers/testnet.ts'

const STYLES: SetUpStyle[] = ['one-pass', 'hop-by-hop']

describe('forwarding state over real nodes', function () {
  this.timeout(60_000)

  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2 })
    await net.ready()
  })

  after(async () => { await net.stop() })

  /** Paths that the forwarders hold now. */
  function installed (): number[] {
    return net.forwarders.map(({ services }) => services.byway.status.table.paths)
  }

  for (const style of STYLES) {
    it(`sets up a path ${style}, and nothing is left when it is removed`, async () => {
      const [a, b] = net.hosts.map(({ services }) => services.byway)
      const path = await a.paths.install(net.hosts[1].peerId, { style })
      assert.equal(path.state, 'installed')
      assert.ok(path.rttMs !== null, 'a probe comes back under the labels')
      assert.equal(installed().reduce((sum, count) => sum + count), path.forwarders.length)
      await a.paths.remove(path.id)
      await until(() => installed().every((count) => count === 0), 'all forwarders have removed it')
      assert.ok(b !== undefined)
    })
  }
})
