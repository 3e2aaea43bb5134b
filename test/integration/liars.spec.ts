// A host among three RSPs: one tells the truth, one promises half of it, one has a map that stands still. They offer the same forwarders, whose
// delays are real: packets are delayed inside the process.
import assert from 'node:assert/strict'
import { createTestnet, until } from '../helpers/testnet.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { startFixedProvider } from '../helpers/fixed-provider.ts'
import { stopNodes } from '../helpers/nodes.ts'
import { delayed } from '../../src/simulation/delayed-transport.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Host } from '../../src/host/host.ts'
import type { KeptScores } from '../../src/host/score-record.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@libp2p/interface'

const FLOWS = 20
const DEFAULT_MS = 150
/** Round trip to each forwarder, from the host that opens channels; the other one is beside all of them. */
const TRUE_MS = [40, 60, 90, 110]
/** As it was when the third RSP looked last. */
const STALE_MS = [95, 90, 30, 45]
/** What a busy machine adds is honest, too; the others are off by 15 ms at the least. */
const MARGIN_MS = 10

interface Flow {
  /** Whose path the flow uses. */
  used: string
  /** Whose paths were set up for it. */
  setUp: string[]
}

describe('a host among RSPs that lie', function () {
  this.timeout(180_000)
  const names = new Map<string, string>()
  const flows: Flow[] = []
  let net: Testnet
  let host: BywayNode<Host>
  let saved: KeptScores | undefined

  /** Two offers of each RSP: those that it believes to be the best. */
  async function startRsp (name: string, believedMs: readonly number[], promisedShare = 1): Promise<void> {
    const best = believedMs.map((ms, i) => ({ ms, i })).sort((a, b) => a.ms - b.ms).slice(0, 2)
    const rsp = await startFixedProvider({
      hosts: [host],
      offers: () => best.map(({ ms, i }) => ({
        forwarders: [net.forwarders[i].peerId],
        prediction: { rttUs: promisedShare * ms * 1_000, rttMarginUs: MARGIN_MS * 1_000, lossPpm: 0, confidence: 0.8, dataAgeMs: 0 }
      }))
    })
    names.set(rsp.toString(), name)
  }

  function rttMs (remote: Multiaddr): number | undefined {
    const [port] = /\/tcp\/\d+/.exec(remote.toString()) ?? []
    const isAt = (node: { getMultiaddrs: () => Multiaddr[] }): boolean => node.getMultiaddrs().some((address) => address.toString().includes(`${port}/`))
    const at = net.forwarders.findIndex(isAt)
    return at >= 0 ? TRUE_MS[at] : isAt(net.hosts[0]) ? DEFAULT_MS : undefined
  }

  async function openFlow (to: PeerId): Promise<Flow> {
    const { scores } = host.services.byway
    const judged = (): number => scores.list.reduce((sum, { promises }) => sum + promises, 0)
    const before = judged()
    const channel = await host.services.byway.open(to)
    await channel.settled()
    await until(() => judged() > before && channel.status.active?.isDefault === false, 'a path is used, and promises were judged')
    const { routes, active } = channel.status
    channel.close()
    const nameOf = (rsp: string | null): string => names.get(rsp as string) ?? 'nobody'
    return { used: nameOf(active?.rsp ?? null), setUp: routes.filter(({ isDefault }) => !isDefault).map(({ rsp }) => nameOf(rsp)) }
  }

  before(async () => {
    net = await createTestnet({ forwarders: TRUE_MS.length, hosts: 1 })
    host = await net.addHost({
      random: seededRandom(7),
      scores: { load: async () => saved, save: async (scores) => { saved = JSON.parse(JSON.stringify(scores)) as KeptScores } }
    }, { wrapTransport: (transport) => delayed(transport as never, { rttMs }) as never })
    await net.ready()
    await startRsp('liar', TRUE_MS, 0.5)
    await startRsp('stale', STALE_MS)
    await startRsp('honest', TRUE_MS)
    for (let flow = 0; flow < FLOWS; flow++) {
      flows.push(await openFlow(net.hosts[0].peerId))
    }
  })

  after(async () => {
    await stopNodes()
    await net.stop()
  })

  it('uses the paths of the honest one in 90 % of 20 flows', () => {
    const used = flows.map(({ used }) => used)
    assert.ok(used.filter((name) => name === 'honest').length >= 0.9 * FLOWS, used.join())
  })

  it('tries paths of the others in single flows only once it knows them, to see whether they have mended', () => {
    const tried = flows.slice(5).filter(({ setUp }) => setUp.some((name) => name !== 'honest'))
    // by one flow in 25: four of fifteen are three in a thousand
    assert.ok(tried.length <= 3, tried.map(({ setUp }) => setUp.join()).join('; '))
  })

  it('says of each why: who is trusted, who is not, and by how much promises were wrong', () => {
    const byName = new Map(host.services.byway.scores.list.map((status) => [names.get(status.rsp), status]))
    assert.deepEqual(['honest', 'liar', 'stale'].map((name) => byName.get(name)?.standing), ['trusted', 'distrusted', 'distrusted'])
    assert.ok((byName.get('liar')?.rttBias ?? 0) > 0.6)
    assert.ok(Math.abs(byName.get('honest')?.rttBias ?? 1) < 0.2)
  })

  it('knows them again after a restart', async () => {
    await host.stop()
    const again = await net.addHost({ scores: { load: async () => saved, save: async () => {} } })
    const standings = new Map(again.services.byway.scores.list.map(({ rsp, standing }) => [names.get(rsp), standing]))
    assert.deepEqual([...standings].sort(), [['honest', 'trusted'], ['liar', 'distrusted'], ['stale', 'distrusted']])
  })
})
