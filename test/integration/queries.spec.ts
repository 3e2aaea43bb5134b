// Queries in the language over real nodes: a channel that is opened with one takes paths that keep it, and its RSP tells of a better path
// and of a failed one by itself. How soon is printed; what is asserted leaves room for a busy machine.
import assert from 'node:assert/strict'
import { AskedText } from '../../src/host/asked-text.ts'
import { createTestnet } from '../../src/testing.ts'
import { offersOf } from '../../src/cli/route.ts'
import { until } from '../helpers/testnet.ts'
import { startFixedProvider } from '../helpers/fixed-provider.ts'
import { stopNodes } from '../helpers/nodes.ts'
import type { BywayNode, Forwarder, OutgoingChannel, RouteProvider } from '../../src/index.ts'
import type { NodeName, Testnet } from '../../src/testing.ts'
import type { PeerId } from '@libp2p/interface'
import type { RouteWish } from '../../src/host/provider-set.ts'
import type { Verdict } from '../../protocols/route/verdict.ts'
import type { WatchAnswer } from '../../protocols/route/watch.ts'

const ENTRY = 'forwarder0'
const EXIT = 'forwarder1'
/** Between the two there is nothing quicker, but it says of itself that it is to be avoided. */
const TAGGED = 'forwarder2'
/** Comes later, and is quicker than the link between the two. */
const NEWCOMER = 'forwarder3'
const DIRECT_MS = 300
const FAR_MS = 200
const RTTS_MS: Readonly<Record<string, number>> = {
  [`host0 ${ENTRY}`]: 10,
  [`host1 ${EXIT}`]: 10,
  [`${ENTRY} ${EXIT}`]: 100,
  [`${ENTRY} ${TAGGED}`]: 6,
  [`${EXIT} ${TAGGED}`]: 6,
  [`${ENTRY} ${NEWCOMER}`]: 16,
  [`${EXIT} ${NEWCOMER}`]: 16
}
const QUERY = 'minimize delay where hops <= 3 avoid tag shady'
const SHORT_QUERY = 'minimize delay where hops <= 2'
/** The goals are 2 s and 1 s, on a machine that has nothing else to do. */
const MOST_TOLD_MS = 15_000
const MARGIN = 0.1
const LIFETIME_MS = 100_000

function latency (a: NodeName, b: NodeName): number {
  const isOfHosts = a.startsWith('host') && b.startsWith('host')
  const isOfBootstrap = a === 'bootstrap' || b === 'bootstrap' || a.startsWith('rsp') || b.startsWith('rsp')
  return isOfHosts ? DIRECT_MS : isOfBootstrap ? 4 : RTTS_MS[`${a} ${b}`] ?? RTTS_MS[`${b} ${a}`] ?? FAR_MS
}

describe('queries of a channel', function () {
  this.timeout(180_000)
  let net: Testnet
  let rsp: BywayNode<RouteProvider>
  let entry: BywayNode<Forwarder>
  let exit: BywayNode<Forwarder>
  let tagged: BywayNode<Forwarder>
  let newcomer: BywayNode<Forwarder>
  let channel: OutgoingChannel

  const goesOver = (...path: Array<BywayNode<Forwarder>>): boolean => channel.status.active?.path.join() === path.map(({ peerId }) => peerId.toString()).join()
  const onPath = async (...path: Array<BywayNode<Forwarder>>): Promise<void> => {
    await until(() => goesOver(...path), `the channel goes over ${path.length} forwarders`, 60_000).catch((error: unknown) => {
      throw new Error(`it goes ${channel.status.text}: ${JSON.stringify(channel.status.routes)}`, { cause: error })
    })
  }
  /** A standing query as the channel has one, until it tells of this: a busy machine makes links longer for a while. @returns when it did, Unix time, ms */
  const told = async (event: WatchAnswer['event'], ...present: PeerId[]): Promise<number> => {
    const [source, destination] = net.hosts
    const { access, providers, discovery } = source.services.byway
    for (let number = 1; ; number++) {
      const wish: RouteWish = {
        source: source.peerId,
        destination: destination.peerId,
        sourceAccess: access.points,
        destinationAccess: discovery.directory.get(destination.peerId)?.host?.access ?? [],
        asked: new AskedText(QUERY, () => undefined)
      }
      const answer = await providers.watch(rsp.peerId, wish, { number, present, margin: MARGIN, lifetimeMs: LIFETIME_MS }, AbortSignal.timeout(LIFETIME_MS))
      if (answer.event === event) {
        return Date.now()
      }
      assert.notEqual(answer.event, 'ended')
    }
  }
  const measuredAtMs = (a: string, b: string): number | undefined => {
    const { ofA, ofB } = rsp.services.byway.map.ownViews(a, b)
    const times = [ofA, ofB].flatMap((view) => view === undefined ? [] : [view.measuredAtMs])
    return times.length === 0 ? undefined : Math.min(...times)
  }

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'], hosts: 2, latencies: latency })
    ;[rsp, entry, exit] = [net.rsps[0], net.forwarders[0], net.forwarders[1]]
    tagged = await net.addForwarder({ tags: { standing: 'shady' } })
    await net.ready({ deadlineMs: 60_000 })
  })

  after(async () => {
    await net.stop()
  })

  it('let it take no path over who is to be avoided, however quick; one without a query takes that', async () => {
    const [alice, bob] = net.hosts
    channel = await alice.services.byway.open(bob.peerId)
    await onPath(entry, tagged, exit)
    channel.close()
    channel = await alice.services.byway.open(bob.peerId, QUERY)
    await onPath(entry, exit)
    const isShady = ({ path }: { path: readonly string[] }): boolean => path.includes(tagged.peerId.toString())
    assert.deepEqual(channel.status.routes.filter(isShady), [])
  })

  it('are told of a better path soon after the measurements that make it one, and the channel moves there', async () => {
    const toldAtMs = told('better', entry.peerId, exit.peerId)
    const movedAtMs = onPathAfterwards()
    const made = madeBetterAtMs()
    newcomer = await net.addForwarder()
    const [atMs, madeBetterMs] = await Promise.all([toldAtMs, made])
    const moved = await movedAtMs()
    console.log(`      told ${atMs - madeBetterMs} ms after the measurement (2,000 are allowed), moved after ${moved - madeBetterMs} ms`)
    assert.ok(atMs - madeBetterMs <= MOST_TOLD_MS)
  })

  it('are explained by the RSP, which says what each clause has kept out', async () => {
    const [alice, bob] = net.hosts
    const { offers, clauses, explanations } = offersOf(await alice.services.byway.offers(bob.peerId, { query: QUERY, explain: true }), QUERY)
    assert.deepEqual(clauses?.map(({ clause, outcomes }) => [clause, outcomes[0].outcome]), [['minimize delay', 'kept'], ['where hops <= 3', 'kept'], ['avoid tag shady', 'kept']])
    assert.ok(offers.length > 0 && offers.every(({ unfit }) => unfit === null))
    const [{ explanation }] = explanations ?? []
    assert.deepEqual(explanation.paths.map(({ forwarders }) => forwarders), offers.map(({ path }) => path))
    const [, avoided] = explanation.clauses
    assert.deepEqual(avoided.concerns, { what: 'forwarders kept out', count: 1, of: 4 })
    assert.ok(avoided.without?.forwarders.includes(tagged.peerId.toString()))
  })

  it('keep another channel on fewer forwarders', async () => {
    const [alice, bob] = net.hosts
    const before = channel
    channel = await alice.services.byway.open(bob.peerId, SHORT_QUERY)
    await onPath(entry, exit)
    assert.ok(channel.status.routes.every(({ path }) => path.length <= 2))
    channel.close()
    channel = before
  })

  it('are told soon that a forwarder of the path is gone, and the channel goes on', async () => {
    const toldAtMs = told('failed', entry.peerId, newcomer.peerId, exit.peerId)
    // the RSP has it when the next query of the same host is answered
    await until(() => rsp.services.byway.status.watches.watches >= 2, 'both standing queries stand', 10_000)
    const killedMs = Date.now()
    await net.kill(newcomer)
    let noticedMs = 0
    await until(() => {
      noticedMs = Date.now()
      return [entry, exit].some((other) => measuredAtMs(other.peerId.toString(), newcomer.peerId.toString()) === undefined)
    }, 'a neighbour has noticed', 30_000)
    const atMs = await toldAtMs
    console.log(`      told ${atMs - noticedMs} ms after the RSP knew (1,000 are allowed), ${atMs - killedMs} ms after the end`)
    assert.ok(atMs - noticedMs <= MOST_TOLD_MS)
    await onPath(entry, exit)
  })

  /** When the later one of the newcomer's two links was measured first: its measuring begins before its start is over. */
  async function madeBetterAtMs (): Promise<number> {
    const { map } = rsp.services.byway
    const known = new Set([entry, exit, tagged].map(({ peerId }) => peerId.toString()))
    let atMs = Infinity
    await until(() => {
      const newcomers = new Set([...map.links()].map(({ from }) => from).filter((key) => !known.has(key)))
      const [key] = newcomers
      atMs = key === undefined ? Infinity : Math.max(...[entry, exit].map((other) => measuredAtMs(other.peerId.toString(), key) ?? Infinity))
      return atMs < Infinity
    }, 'the new links are measured', 60_000)
    return atMs
  }

  function onPathAfterwards (): () => Promise<number> {
    let atMs = 0
    channel.addEventListener('route', () => {
      if (atMs === 0 && goesOver(entry, newcomer, exit)) {
        atMs = Date.now()
      }
    })
    return async () => {
      await onPath(entry, newcomer, exit)
      return atMs
    }
  }
})

describe('a query that an RSP answers as it likes', function () {
  this.timeout(60_000)
  const DEMAND = 'where rate >= 1 Mbps'
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 2, hosts: 2 })
    await net.addForwarder({ tags: { standing: 'shady' } })
    await net.ready()
  })

  after(async () => {
    await net.stop()
    await stopNodes()
  })

  /** It says that whatever it offers keeps every clause of the query that these are. */
  const keepsAll = (...clauses: string[]) => (): Verdict =>
    ({ clauses: ['minimize delay', ...clauses].map((clause) => ({ clause, isMandatory: true, isSupported: true, kept: Array.from({ length: 8 }, () => true) })) })
  const pathOf = (channel: OutgoingChannel): string => channel.status.active?.path.join() ?? ''

  it('leads over nobody who says of himself what is to be avoided, and the host says why', async () => {
    const [alice, bob] = net.hosts
    const [good, , shady] = net.forwarders.map(({ peerId }) => peerId)
    await until(() => alice.services.byway.discovery.directory.get(shady) !== undefined, 'the host knows the forwarder', 10_000)
    await startFixedProvider({ hosts: [alice], offers: () => [{ forwarders: [shady] }, { forwarders: [good] }], verdict: keepsAll('avoid tag shady') })
    const channel = await alice.services.byway.open(bob.peerId, { query: 'minimize delay avoid tag shady', selector: { preferPath: true } })
    await until(() => pathOf(channel) === good.toString(), 'the other path is in use', 20_000)
    assert.equal(channel.refusals.get(shady.toString()), 'it does not keep, though its RSP says so: avoid tag shady')
    assert.ok(channel.status.routes.every(({ path }) => !path.includes(shady.toString())))
    channel.close()
  })

  it('is left with the path of which the RSP says that it is no answer any more, however well that does', async () => {
    const [bob, alice] = net.hosts
    const [first, second] = net.forwarders.map(({ peerId }) => peerId)
    const failed = Promise.withResolvers<WatchAnswer>()
    let offered = [first]
    await startFixedProvider({
      hosts: [alice],
      offers: () => offered.map((forwarder) => ({ forwarders: [forwarder] })),
      verdict: keepsAll(DEMAND),
      watch: async ({ present }) => present.some((forwarder) => forwarder.equals(first)) ? failed.promise : new Promise(() => {})
    })
    const channel = await alice.services.byway.open(bob.peerId, { query: `minimize delay ${DEMAND}`, selector: { preferPath: true } })
    await until(() => pathOf(channel) === first.toString(), 'the path is in use', 20_000)
    offered = [second]
    await channel.refresh()
    assert.ok(channel.status.routes.some(({ path, alive }) => path.join() === first.toString() && alive), 'it is kept while nobody says anything')
    failed.resolve({ event: 'failed', change: 0 })
    await until(() => pathOf(channel) === second.toString(), 'the other path is in use', 20_000)
    assert.ok(channel.status.routes.every(({ path }) => path.join() !== first.toString()))
    channel.close()
  })
})
