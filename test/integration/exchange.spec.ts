// RSPs that exchange what they measure, over real nodes: two that tell the truth, and others that tell them rubbish. What each measures is
// given, so that nothing hangs on how busy the machine is; the wire, the trust and the maps are those of any RSP.
import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { createTestnet, TESTNET, until } from '../helpers/testnet.ts'
import { EVERYTHING } from '../../protocols/exchange/codec.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { peersFrom } from '../protocols/exchange/samples.ts'
import { RspExchange } from '../../src/rsp/exchange/rsp-exchange.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { startRubbishRsp } from '../helpers/rubbish-rsp.ts'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { LinkProvenance } from '../../src/rsp/exchange/link-provenance.ts'
import type { Logger } from '@libp2p/interface'
import type { RivalStatus, RspExchangeInit } from '../../src/rsp/exchange/rsp-exchange.ts'
import type { RubbishKind, RubbishRsp } from '../helpers/rubbish-rsp.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

const FORWARDERS = await peersFrom(300, 9)
const KEYS = FORWARDERS.map(String)
/** Both ends of all 36 links. */
const LINKS = KEYS.flatMap((a, at) => KEYS.slice(at + 1).map((b) => [a, b] as const))
const LOOK_MS = 200
const AUDITS = 8
const BROKEN: ReadonlyArray<[kind: RubbishKind, error: string]> = [
  ['unsigned', 'InvalidSignatureError'], ['stale', 'ClocksApartError'], ['absurd', 'AbsurdMeasurementError']
]

const trueUs = (a: string, b: string): number => 40_000 + 1_000 * (KEYS.indexOf(a) + KEYS.indexOf(b))

/** An RSP that measures some of the links, over and over, and audits what the plan would. */
class ScriptedRsp {
  readonly map: PerformanceMap
  readonly exchange: RspExchange
  readonly descriptor: VerifiedDescriptor
  readonly #own: Set<string>
  /** Round trips that are not as ever any more, by their links. */
  readonly moved = new Map<string, number>()
  readonly #known = new Map<string, VerifiedDescriptor>()
  #timer: ReturnType<typeof setInterval> | undefined

  static async start (own: ReadonlyArray<readonly [string, string]>, random: () => number): Promise<ScriptedRsp> {
    const privateKey = await generateKeyPair('Ed25519')
    const node = await createNode({ privateKey })
    const verification = { nowMs: Date.now(), network: TESTNET }
    const bytes = await sealDescriptor({
      network: TESTNET,
      sequence: 1n,
      issuedAtMs: Date.now(),
      expiresAtMs: Date.now() + 600_000,
      endpoints: [{ peer: node.peerId, addresses: node.getMultiaddrs().map((address) => address.decapsulate('/p2p')) }],
      rsp: { mapKind: 'surveys', metrics: ['delay'], priceMicro: 0n }
    }, privateKey)
    const connectionManager = { getConnections: (peer: never) => node.getConnections(peer), openConnection: async (...args: Parameters<typeof node.dial>) => node.dial(...args) } as unknown as ConnectionManager
    const rsp = new ScriptedRsp(own, random, await openDescriptor(bytes, verification), { privateKey, self: node.peerId, connectionManager, registrar: node.services.internals.registrar })
    await rsp.exchange.start()
    return rsp
  }

  private constructor (own: ReadonlyArray<readonly [string, string]>, random: () => number, descriptor: VerifiedDescriptor, node: Pick<RspExchangeInit, 'privateKey' | 'self' | 'connectionManager' | 'registrar'>) {
    this.#own = new Set(own.map(String))
    this.descriptor = descriptor
    this.map = new PerformanceMap({ mapKind: 'surveys', self: this.id })
    for (const key of KEYS) {
      this.map.addNode(key)
    }
    this.exchange = new RspExchange({
      ...node,
      partners: 'all',
      scope: EVERYTHING,
      map: this.map,
      mapKind: 'surveys',
      discovery: {
        verification: { nowMs: Date.now(), network: TESTNET },
        self: { get: async () => descriptor.bytes },
        directory: { get: (peer) => this.#known.get(peer.toString()) }
      },
      peerOf: (key) => FORWARDERS[KEYS.indexOf(key)],
      plan: () => ({ isWatched: (a, b) => this.measures(a, b), links: () => LINKS.filter(([a, b]) => this.measures(a, b)) }),
      now: Date.now,
      clock: () => performance.now(),
      random,
      log: Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false }) as unknown as Logger
    })
  }

  begin (): void {
    this.#timer = setInterval(() => { this.#look() }, LOOK_MS)
  }

  get id (): string {
    return this.descriptor.peer.toString()
  }

  learn (rival: VerifiedDescriptor): void {
    this.#known.set(rival.peer.toString(), rival)
    this.exchange.add(rival)
  }

  measures (a: string, b: string): boolean {
    return this.#own.has(String([a, b])) || this.#own.has(String([b, a]))
  }

  /** Of links that it does not measure itself. */
  get borrowed (): LinkProvenance[] {
    return LINKS.filter(([a, b]) => !this.measures(a, b)).flatMap(([a, b]) => this.map.provenanceOf(a, b))
  }

  rival (id: string): RivalStatus | undefined {
    return this.exchange.status.rivals.find(({ rsp }) => rsp === id)
  }

  /** As a round of the plan does. */
  audit (): void {
    for (const link of this.exchange.audits(Date.now() - 45_000, (a, b) => this.measures(a, b)).slice(0, AUDITS)) {
      this.#own.add(String(link))
    }
  }

  async stop (): Promise<void> {
    clearInterval(this.#timer)
    await this.exchange.stop()
  }

  #look (): void {
    for (const [a, b] of LINKS.filter(([a, b]) => this.measures(a, b))) {
      this.map.set(a, b, { rttUs: this.moved.get(String([a, b])) ?? trueUs(a, b), jitterUs: 200, lossPpm: 0, samples: 20, measuredAtMs: Date.now() })
    }
  }
}

describe('RSPs that exchange measurements', function () {
  this.timeout(120_000)
  const rubbish = new Map<RubbishKind, RubbishRsp>()
  let rsps: ScriptedRsp[]
  let startedMs = 0

  const rubbishOf = (kind: RubbishKind): RubbishRsp => rubbish.get(kind) as RubbishRsp

  before(async () => {
    // a dozen links each that the other does not measure, and some that both do
    rsps = [await ScriptedRsp.start(LINKS.slice(0, 24), seededRandom(1)), await ScriptedRsp.start(LINKS.slice(12), seededRandom(2))]
    startedMs = Date.now()
    for (const kind of ['unsigned', 'stale', 'absurd', 'flood', 'liar'] as const) {
      const { descriptor, ...started } = await startRubbishRsp(kind, FORWARDERS)
      rubbish.set(kind, { descriptor, ...started })
      for (const rsp of rsps) {
        rsp.learn(descriptor)
      }
    }
    // whoever speaks first cannot say that it only repeats
    await until(() => rsps.every((rsp) => rsp.rival(rubbishOf('liar').id)?.links === LINKS.length), 'the liar has spoken', 30_000)
    for (const rsp of rsps) {
      rsp.begin()
    }
    rsps[0].learn(rsps[1].descriptor)
    rsps[1].learn(rsps[0].descriptor)
  })

  after(async () => {
    await Promise.all(rsps.map(async (rsp) => { await rsp.stop() }))
    await stopNodes()
  })

  it('have nothing of each other in the map before they have looked for themselves whether it is right', async () => {
    const words = (): number => Math.min(...rsps.map((rsp, at) => rsp.rival(rsps[1 - at].id)?.links ?? 0))
    await until(() => words() === 24, 'both have spoken', 60_000)
    assert.ok(rsps.every((rsp, at) => rsp.rival(rsps[1 - at].id)?.isCredible === true || rsp.borrowed.length === 0))
  })

  it('come to trust each other by audits, and then have the other\'s measurements in the map and say whose they are', async () => {
    for (const [at, rsp] of rsps.entries()) {
      rsp.audit()
      const other = rsps[1 - at].id
      await until(() => rsp.rival(other)?.isCredible === true && rsp.borrowed.length > 0, 'the other one is believed', 60_000)
      for (const { how, measuredBy, toldBy, share, trust, samples } of rsp.borrowed) {
        assert.deepEqual([how, measuredBy, toldBy, share, samples], ['survey', [other], other, 1, 20])
        assert.ok((trust ?? 0) >= 0.6)
      }
      const onMap = (): Map<string, number> => new Map([...rsp.map.links()].map(({ from, to, rttUs }) => [String([from, to]), rttUs]))
      const own = LINKS.filter((link) => rsp.measures(...link)).length
      await until(() => LINKS.filter((link) => onMap().has(String(link))).length > own, 'the map is larger than what it measures')
      const graph = onMap()
      assert.ok(LINKS.every((link) => graph.get(String(link)) === undefined || graph.get(String(link)) === trueUs(...link)))
    }
  })

  it('say that their own measurements are their own', () => {
    const [a, b] = LINKS[18]
    for (const rsp of rsps) {
      assert.deepEqual(rsp.map.provenanceOf(a, b).map(({ measuredBy, toldBy }) => [measuredBy, toldBy]), [[[rsp.id], undefined]])
    }
  })

  it('leave links to each other that need not be measured twice', () => {
    for (const rsp of rsps) {
      const sorting = { isOwn: (a: string, b: string) => rsp.measures(a, b), isKnown: () => false }
      assert.ok([...rsp.exchange.given(Date.now() - 45_000, sorting)].some(({ a, b }) => !rsp.measures(a, b)))
    }
  })

  it('are told what has changed', async () => {
    const [from, to] = rsps
    const [a, b] = LINKS.find((link) => from.measures(...link) && !to.measures(...link) && to.map.provenanceOf(...link).length > 0) as [string, string]
    from.moved.set(String([a, b]), 90_000)
    await until(() => to.map.estimate(a, b)?.rttUs === 90_000, 'the other one knows', 10_000)
  })

  it('are not impressed by those that send what is not signed, stale, absurd, or too much', async () => {
    for (const rsp of rsps) {
      for (const [kind, error] of BROKEN) {
        await until(() => rsp.rival(rubbishOf(kind).id)?.lastError === error, `${kind} is found out`, 30_000)
        const rival = rsp.rival(rubbishOf(kind).id)
        // what is from another time may be the fault of our own clock
        assert.deepEqual([(rival?.breaches ?? 0) > 0, rival?.words, rival?.links, rival?.isCredible], [kind !== 'stale', 0, 0, false], kind)
      }
      assert.equal(rsp.rival(rubbishOf('flood').id)?.links, 0)
    }
  })

  it('find a liar out by their own measurements', async () => {
    for (const rsp of rsps) {
      await until(() => (rsp.rival(rubbishOf('liar').id)?.judgedFalse ?? 0) >= 3, 'lies are found out', 30_000)
      assert.ok((rsp.rival(rubbishOf('liar').id)?.trust ?? 1) < 0.1)
    }
  })

  it('have nothing in their maps of all that rubbish', () => {
    const honest = new Set(rsps.map(({ id }) => id))
    for (const rsp of rsps) {
      const told = LINKS.flatMap(([a, b]) => rsp.map.provenanceOf(a, b)).filter(({ toldBy }) => toldBy !== undefined)
      assert.ok(told.every(({ toldBy }) => honest.has(toldBy as string)))
      assert.ok([...rsp.map.links()].every(({ from, to, rttUs }) => KEYS.includes(from) && KEYS.includes(to) && rttUs >= 40_000))
    }
  })

  it('ask one that floods no more often than they want, and those that break the rules hardly ever', () => {
    const seconds = (Date.now() - startedMs) / 1_000
    assert.ok(rubbishOf('flood').asked() <= rsps.length * (5 * seconds + 1), `${rubbishOf('flood').asked()} in ${seconds} s`)
    for (const [kind] of BROKEN) {
      assert.ok(rubbishOf(kind).asked() <= rsps.length * (1 + Math.log2(1 + seconds / (kind === 'stale' ? 1 : 60))), `${kind}: ${rubbishOf(kind).asked()} in ${seconds} s`)
    }
  })
})

describe('RSPs of an overlay that are to exchange measurements', function () {
  this.timeout(120_000)

  it('find each other and tell each other what they measure; one that is not to does neither', async () => {
    const exchanging = await createTestnet({ forwarders: 3, rsps: ['surveys', 'reports'], rspInit: { exchange: 'all' } })
    try {
      const rivals = (): Array<RivalStatus | undefined> => exchanging.rsps.map(({ services }) => services.byway.status.exchange?.rivals[0])
      await until(() => rivals().every((rival) => (rival?.links ?? 0) > 0 && (rival?.toldLinks ?? 0) > 0), 'both have told', 90_000)
      assert.deepEqual(rivals().map((rival) => rival?.rsp), exchanging.rsps.map(({ peerId }) => peerId.toString()).reverse())
    } finally {
      await exchanging.stop()
    }
    const silent = await createTestnet({ forwarders: 1, rsps: ['surveys'] })
    try {
      assert.equal(silent.rsps[0].services.byway.status.exchange, undefined)
    } finally {
      await silent.stop()
    }
  })
})
