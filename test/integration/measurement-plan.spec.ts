// RSPs that may not watch every link: by reports and by surveys, over real nodes.
import assert from 'node:assert/strict'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import { queryRoutes } from '../../protocols/route/client.ts'
import { sampleQuery } from '../protocols/route/samples.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { PeerId } from '@libp2p/interface'

const FORWARDERS = 8
/** Of 28 links 16 are measured per round. */
const LINKS_PER_FORWARDER = 2

describe('RSPs with a budget for a part of the links', function () {
  this.timeout(90_000)
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: FORWARDERS, rsps: ['reports', 'surveys'], hosts: 1, rspInit: { linksPerForwarder: LINKS_PER_FORWARDER } })
  })

  after(async () => {
    await net.stop()
  })

  for (const at of [0, 1]) {
    const kind = ['reports', 'surveys'][at]

    it(`measure a few links only, and answer from these between any two forwarders (by ${kind})`, async () => {
      const { status } = net.rsps[at].services.byway
      assert.equal(status.mapKind, kind)
      await until(() => net.rsps[at].services.byway.status.plan.rounds >= 3, 'three rounds are done', 60_000)
      const { plan, links } = net.rsps[at].services.byway.status
      assert.equal(plan.possibleLinks, 28)
      assert.ok(plan.watchedLinks < 28, `${plan.watchedLinks} links are watched`)
      assert.ok(links > 0 && links <= 2 * 28, `${links}`)
      const peers = net.forwarders.map(({ peerId }) => peerId)
      let answered = 0
      for (const source of peers) {
        for (const destination of peers.filter((peer) => peer !== source)) {
          answered += await pathsBetween(at, source, destination) > 0 ? 1 : 0
        }
      }
      // a round of as many links as there are forwarders need not connect all of them
      assert.ok(answered > 28, `${answered} of 56 pairs`)
    })
  }

  it('go on when a forwarder is gone', async () => {
    const plans = (): number[] => net.rsps.map(({ services }) => services.byway.status.plan.rounds)
    const before = plans()
    await kill(net.forwarders[0])
    await until(() => plans().every((rounds, at) => rounds > before[at]), 'another round is done', 60_000)
  })

  async function pathsBetween (rsp: number, source: PeerId, destination: PeerId): Promise<number> {
    const node = net.rsps[rsp]
    const connection = await net.hosts[0].dial(node.getMultiaddrs())
    const query = sampleQuery({ source: [{ forwarder: source, rttUs: 0 }], destination: [{ forwarder: destination, rttUs: 0 }], weights: { delay: 1, loss: 0 }, paths: 1, avoid: [] })
    try {
      return (await queryRoutes(connection, query, { expectedRsp: node.peerId, nowMs: Date.now() })).paths.length
    } catch {
      return 0
    }
  }
})
