import assert from 'node:assert/strict'
import { AskedText } from '../../src/host/asked-text.ts'
import { ProviderSet } from '../../src/host/provider-set.ts'
import { ScoreBoard } from '../../src/host/score-board.ts'
import { SCORES_VERSION, readScores } from '../../src/host/score-record.ts'
import { MalformedMessageError, NotFoundError } from '../../protocols/errors.ts'
import { MAX_AVOID, MAX_RTT_US, ROUTE_PROTOCOL } from '../../protocols/route/constants.ts'
import { serveRoutes } from '../../protocols/route/server.ts'
import { signOffers } from '../../protocols/route/offer.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'
import { until } from '../helpers/testnet.ts'
import type { DigestedQuery } from '../../protocols/route/codec.ts'
import type { PathInit, SignedOffers } from '../../protocols/route/offer.ts'
import type { OfferedPath, ProviderAnswer, RouteWish } from '../../src/host/provider-set.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const [HOST, PEER, ENTRY, EXIT, OTHER] = await Promise.all([1, 2, 3, 4, 5].map(peerOf))
const RSP_KEY = await keyOf(100)
const DEADLINE_MS = 2_000
const RIVALS = await Promise.all(Array.from({ length: 8 }, async (_, i) => peerOf(20 + i)))
/** One of the many flows that do not try who is distrusted. */
const UNEXPLORED_FLOW = 1

const WISH: RouteWish = {
  source: HOST,
  destination: PEER,
  sourceAccess: [{ forwarder: ENTRY, rttUs: 4_000, attached: true }],
  destinationAccess: [{ forwarder: EXIT, rttUs: 5_000 }]
}

type Reply = (query: DigestedQuery) => Promise<SignedOffers>

const pathInit = (change: Partial<PathInit> = {}): PathInit => ({
  forwarders: [ENTRY, EXIT],
  pathNumber: 1,
  notBeforeMs: Date.now(),
  expiresAtMs: Date.now() + 60_000,
  maxBytesPerSecond: 0n,
  prediction: { rttUs: 30_000, rttMarginUs: 1_000, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 },
  ...change
})

const sign = async (query: DigestedQuery, paths: PathInit[], nowMs = Date.now(), privateKey = RSP_KEY): Promise<SignedOffers> => signOffers(paths, {
  queryDigest: query.digest,
  sourceCommitment: query.sourceCommitment,
  destinationCommitment: query.destinationCommitment,
  privateKey,
  nowMs
})

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => i === 5 ? byte ^ 1 : byte)

const BAD_ANSWERS: Array<{ title: string, reply: Reply, error: string, kept?: number }> = [{
  title: 'an answer with a bad signature',
  reply: async (query) => {
    const { root, offers } = await sign(query, [pathInit()])
    return { root: { ...root, signature: flipped(root.signature) }, offers }
  },
  error: 'InvalidSignatureError'
}, {
  title: 'an answer signed by somebody else',
  reply: async (query) => signOffers([pathInit()], { ...commitmentsOf(query), privateKey: await keyOf(101), nowMs: Date.now() }),
  error: 'InvalidSignatureError'
}, {
  title: 'an offer that has expired',
  reply: async (query) => {
    const issuedMs = Date.now() - 500_000
    return sign(query, [pathInit({ notBeforeMs: issuedMs, expiresAtMs: issuedMs + 60_000 })], issuedMs)
  },
  error: 'ExpiredError'
}, {
  title: 'an offer for another query',
  reply: async (query) => sign({ ...query, digest: flipped(query.digest) }, [pathInit()]),
  error: 'OfferMismatchError'
}, {
  title: 'an offer for other ends',
  reply: async (query) => sign({ ...query, destinationCommitment: flipped(query.destinationCommitment) }, [pathInit()]),
  error: 'OfferMismatchError'
}, {
  title: 'an offer over an exit that is not the destination\'s',
  reply: async (query) => sign(query, [pathInit({ forwarders: [ENTRY, OTHER] })]),
  error: 'OfferMismatchError'
}, {
  title: 'an offer that is no leaf under the signed root',
  reply: async (query) => {
    const { root, offers } = await sign(query, [pathInit()])
    return { root, offers: offers.map((offer) => ({ ...offer, path: flipped(offer.path) })) }
  },
  error: 'InvalidProofError'
}, {
  title: 'one bad offer among good ones',
  reply: async (query) => sign(query, [pathInit(), pathInit({ pathNumber: 2, forwarders: [ENTRY, OTHER] }), pathInit({ pathNumber: 3 })]),
  error: 'OfferMismatchError',
  kept: 2
}, {
  title: 'more offers than were asked for',
  reply: async (query) => sign(query, [1, 2, 3, 4].map((pathNumber) => pathInit({ pathNumber }))),
  error: 'MalformedMessageError'
}, {
  title: 'a typed refusal',
  reply: async () => { throw new NotFoundError('no path') },
  error: 'NotFoundError'
}, {
  title: 'a failure that the RSP does not explain',
  reply: async () => { throw new Error('boom') },
  error: 'RemoteInternalError'
}, {
  title: 'an answer that comes too late',
  reply: async (query) => {
    await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS + 200))
    return sign(query, [pathInit()])
  },
  error: 'DeadlineError'
}]

describe('provider set', () => {
  let host: TestNode

  beforeEach(async () => { host = await createNode() })

  afterEach(async () => {
    await stopNodes()
  })

  it('gives verified paths, best first, with who answered and how it maps', async () => {
    const rsp = await startRsp(async (query) => sign(query, [pathInit(), pathInit({ pathNumber: 2, forwarders: [ENTRY, OTHER, EXIT] })]))
    const [answer] = await ask([rsp])
    assert.equal(answer.error, undefined)
    assert.equal(answer.rsp.equals(rsp.peerId), true)
    assert.equal(answer.mapKind, 'reports')
    assert.deepEqual(answer.paths.map(({ pathNumber }) => pathNumber), [1, 2])
  })

  it('tells the RSP neither the source nor the destination, and each query something else', async () => {
    const queries: DigestedQuery[] = []
    const rsp = await startRsp(async (query) => { queries.push(query); return sign(query, [pathInit()]) })
    await ask([rsp])
    await ask([rsp])
    for (const { encoded } of queries) {
      assert.equal([HOST, PEER].some((peer) => Buffer.from(encoded).includes(peer.publicKey?.raw as Uint8Array)), false)
    }
    assert.notDeepEqual(queries[0].sourceCommitment, queries[1].sourceCommitment)
    assert.notDeepEqual(queries[0].destinationCommitment, queries[1].destinationCommitment)
  })

  it('passes on what is wished: weights, number of paths, forwarders to avoid', async () => {
    let asked: DigestedQuery | undefined
    const rsp = await startRsp(async (query) => { asked = query; return sign(query, []) })
    await ask([rsp], { ...WISH, weights: { delay: 2, loss: 8 }, paths: 5, avoid: [OTHER] })
    assert.deepEqual(asked?.weights, { delay: 2, loss: 8 })
    assert.equal(asked?.paths, 5)
    assert.deepEqual(asked?.avoid.map(String), [OTHER.toString()])
  })

  for (const { title, reply, error, kept = 0 } of BAD_ANSWERS) {
    it(`reports ${title}, and keeps ${kept === 0 ? 'nothing of it' : 'the good ones'}`, async () => {
      const [answer] = await ask([await startRsp(reply)])
      assert.equal(answer.error?.name, error)
      assert.equal(answer.paths.length, kept)
    })
  }

  it('reports an RSP that answers nothing', async () => {
    const mute = await startRaw(() => {})
    const [answer] = await ask([mute])
    assert.equal(answer.error?.name, 'DeadlineError')
    assert.ok(answer.elapsedMs < DEADLINE_MS + 5_000)
  })

  it('regression: has an answer the next time of an RSP of which an address swallows what comes for longer than who asks waits', async () => {
    const rsp = await startRsp(async (query) => sign(query, [pathInit()]))
    const dial: TestNode['dial'] = async (...dialled) => {
      await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS + 500))
      return host.dial(...dialled)
    }
    const set = setOf([rsp], boardOf(), { dial })
    const [{ paths, error }] = await set.askAll(WISH)
    assert.deepEqual([paths, error?.name], [[], 'UnavailableError'])
    await until(() => host.getConnections(rsp.peerId).length === 1, 'it is connected')
    const [{ paths: later }] = await set.askAll(WISH)
    assert.equal(later.length, 1)
  })

  it('reports an RSP that answers with random bytes', async () => {
    const noise = await startRaw((stream) => { stream.send(new Uint8Array(64).map((_, i) => (i * 167 + 91) & 0xff)) })
    const [answer] = await ask([noise])
    assert.ok(answer.error !== undefined)
    assert.deepEqual(answer.paths, [])
  })

  it('reports an RSP that does not speak the protocol, and one that cannot be reached', async () => {
    const [mute, gone] = [await createRspNode(), await createRspNode(102)]
    const addresses = gone.getMultiaddrs()
    const away = { peerId: gone.peerId, getMultiaddrs: () => addresses }
    await gone.stop()
    const answers = await ask([mute, away])
    assert.equal(answers[0].error?.name, 'ProtocolNotSupportedError')
    assert.ok(answers[1].error !== undefined)
  })

  it('lets one RSP\'s silence cost only that RSP', async () => {
    const good = await startRsp(async (query) => sign(query, [pathInit()]))
    const mute = await startRaw(() => {}, 103)
    const answers = await ask([mute, good])
    assert.deepEqual(answers.map(({ paths }) => paths.length), [0, 1])
  })

  it('asks nobody with a query that nobody may answer', async () => {
    const rsp = await startRsp(async (query) => sign(query, [pathInit()]))
    const [answer] = await ask([rsp], { ...WISH, sourceAccess: [] })
    assert.equal(answer.error?.name, 'MalformedMessageError')
  })

  it('asks at most eight RSPs, and names at most 64 access points', async () => {
    let asked: DigestedQuery | undefined
    const rsp = await startRsp(async (query) => { asked = query; return sign(query, []) })
    const sourceAccess = await Promise.all(Array.from({ length: 70 }, async (_, i) => ({ forwarder: await peerOf(110 + i), rttUs: i, attached: true })))
    const answers = await ask(Array.from({ length: 9 }, () => rsp), { ...WISH, sourceAccess })
    assert.equal(answers.length, 8)
    assert.equal(asked?.source.length, 64)
  })

  it('regression: asks what a query can say, whatever a peer says of itself and however many failed, and blames nobody where nothing is left', async () => {
    let asked: DigestedQuery | undefined
    const rsp = await startRsp(async (query) => { asked = query; return sign(query, []) })
    const far = { forwarder: ENTRY, rttUs: MAX_RTT_US + 1 }
    const avoid = await Promise.all(Array.from({ length: 80 }, async (_, i) => peerOf(200 + i)))
    const [{ error }] = await ask([rsp], { ...WISH, avoid, destinationAccess: [far, ...WISH.destinationAccess] })
    assert.equal(error, undefined)
    assert.equal(asked?.avoid.length, MAX_AVOID)
    assert.ok(asked?.avoid[0].equals(avoid[0]))
    assert.equal(asked?.destination.length, WISH.destinationAccess.length)
    const scores = boardOf()
    const [{ paths }] = await setOf([rsp], scores).askAll({ ...WISH, destinationAccess: [far] })
    assert.deepEqual(paths, [])
    assert.equal(scores.of(rsp.peerId).status(Date.now()).failures, 0)
  })

  it('does not ask who is distrusted while others answer, but when these fail', async () => {
    const queries: string[] = []
    const replyOf = (name: string, seed: number): Reply => async (query) => {
      queries.push(name)
      if (name === 'empty') throw new NotFoundError('no path')
      return sign(query, [pathInit()], Date.now(), await keyOf(seed))
    }
    const honest = await startRsp(replyOf('honest', 100))
    const liar = await startRsp(replyOf('liar', 101), 101)
    const scores = distrusting(liar.peerId)
    await setOf([liar, honest], scores).ask(WISH, UNEXPLORED_FLOW)
    assert.deepEqual(queries, ['honest'])
    const empty = await startRsp(replyOf('empty', 104), 104)
    queries.length = 0
    await setOf([liar, empty], scores).ask(WISH, UNEXPLORED_FLOW)
    assert.deepEqual(queries, ['empty', 'liar'])
  })

  it('asks who does not answer no more after two flows, and waits for it no more', async () => {
    const good = await startRsp(async (query) => sign(query, [pathInit()]))
    const mute = await startRaw(() => {}, 103)
    const scores = boardOf()
    const set = setOf([mute, good], scores)
    const isAsked: boolean[] = []
    for (let flow = 0; flow < 4; flow++) {
      const answers = await set.ask(WISH, UNEXPLORED_FLOW)
      isAsked.push(answers.some(({ rsp }) => rsp.equals(mute.peerId)))
      // the flow does not wait for that
      await until(() => scores.of(mute.peerId).status(Date.now()).failures === isAsked.filter(Boolean).length, 'its deadline is over')
    }
    assert.deepEqual(isAsked, [true, true, false, false])
  })

  it('says which paths are left out since only a liar offers them', () => {
    const answers = [[RIVALS[0], ENTRY, EXIT], [RIVALS[0], ENTRY, OTHER, EXIT], [RIVALS[1], ENTRY, EXIT]].map(([rsp, ...forwarders]): ProviderAnswer =>
      ({ rsp, mapKind: 'reports', paths: [pathInit({ forwarders }) as unknown as OfferedPath], elapsedMs: 1 }))
    assert.deepEqual([...setOf([], distrusting(RIVALS[0])).leftOut(answers)], [
      [[ENTRY, OTHER, EXIT].join(), 'its RSP is distrusted: it broke 3 of 3 promises (byway rsps)']
    ])
  })

  it('asks all of them, the distrusted too, where they are to be compared', async () => {
    const rsps = await Promise.all([100, 101, 104].map(async (seed) => startRsp(async (query) => sign(query, [], Date.now(), await keyOf(seed)), seed)))
    assert.equal((await setOf(rsps, distrusting(rsps[0].peerId)).askAll(WISH)).length, 3)
  })

  it('regression: asks whom it trusts among more RSPs than it asks, however many strangers the directory has before them', async () => {
    const good = await startRsp(async (query) => sign(query, [pathInit()]))
    const scores = boardOf()
    scores.change(good.peerId, (score, nowMs) => { score.judge({ rttMs: { promised: 20, margin: 1, measured: 20 }, weight: 1, isTaken: true }, nowMs) })
    const strangers = RIVALS.map((peerId) => ({ peerId, getMultiaddrs: () => [] }))
    const answers = await setOf([...strangers, good], scores).askAll(WISH)
    assert.equal(answers.length, 8)
    assert.deepEqual(answers.filter(({ paths }) => paths.length > 0).map(({ rsp }) => rsp.toString()), [good.peerId.toString()])
  })

  it('regression: keeps a score that can be read again, whatever price an RSP asks', async () => {
    const rsp = await startRsp(async (query) => sign(query, [pathInit()]))
    const scores = boardOf()
    await setOf([rsp], scores, { priceMicro: 2n ** 64n - 1n }).ask(WISH)
    const { record } = scores.of(rsp.peerId)
    assert.ok(record.priceMicro !== null && record.answers === 1)
    const kept: unknown = JSON.parse(JSON.stringify({ version: SCORES_VERSION, scores: { [rsp.peerId.toString()]: record } }))
    assert.deepEqual(readScores(kept, Date.now(), (error) => { throw error }), { [rsp.peerId.toString()]: record })
  })

  it('learns who answers, who does not, and how fast', async () => {
    const good = await startRsp(async (query) => sign(query, [pathInit()]))
    const mute = await startRaw(() => {}, 103)
    const scores = boardOf()
    const answers = await setOf([mute, good], scores).askAll(WISH)
    assert.deepEqual(answers.map(({ rsp }) => scores.of(rsp).status(Date.now())).map(({ answers, failures }) => [answers, failures]), [[0, 1], [1, 0]])
    assert.ok((scores.of(good.peerId).status(Date.now()).latencyMs ?? Infinity) < DEADLINE_MS)
  })

  it('regression: ends with the reason of who asks when he waits no longer, which is held against nobody', async () => {
    const mute = await startRaw(() => {}, 103)
    const scores = boardOf()
    const stop = new AbortController()
    const asked = setOf([mute], scores).askAll(WISH, stop.signal)
    await until(() => host.getConnections(mute.peerId).length > 0, 'it is asked')
    const reason = new Error('had enough')
    stop.abort(reason)
    await assert.rejects(asked, reason)
    assert.equal(scores.of(mute.peerId).status(Date.now()).failures, 0)
  })

  it('regression: gives the answers that have come when who asks waits no longer', async () => {
    const good = await startRsp(async (query) => sign(query, [pathInit()]))
    const mute = await startRaw(() => {}, 103)
    const scores = boardOf()
    const stop = new AbortController()
    const asked = setOf([mute, good], scores).askAll(WISH, stop.signal)
    await until(() => scores.of(good.peerId).status(Date.now()).answers > 0, 'one has answered')
    stop.abort(new Error('had enough'))
    const answers = await asked
    assert.deepEqual(answers.map(({ paths, error }) => [paths.length, error?.name]), [[0, 'DeadlineError'], [1, undefined]])
    assert.equal(scores.of(mute.peerId).status(Date.now()).failures, 0)
  })

  it('holds it against an RSP when its answer to a text cannot be read, and not when it cannot read the text', async () => {
    const broken = await startRsp(async (query) => sign(query, [1, 2, 3, 4].map((pathNumber) => pathInit({ pathNumber }))))
    const strict = await startRsp(async () => { throw new MalformedMessageError('no such clause') }, 103)
    const scores = boardOf()
    const answers = await setOf([broken, strict], scores).askAll({ ...WISH, asked: asking('minimize delay') })
    assert.deepEqual(answers.map(({ error }) => error?.name), ['MalformedMessageError', 'MalformedMessageError'])
    assert.deepEqual(answers.map(({ rsp }) => scores.of(rsp).status(Date.now()).failures), [1, 0])
  })

  it('regression: asks for as many paths as the text wants, and by its weights where there are no others', async () => {
    const seen: DigestedQuery[] = []
    const rsp = await startRsp(async (query) => { seen.push(query); return sign(query, []) })
    for (const wish of [{ asked: asking('minimize 2 * delay + 10 * loss 5 alternatives') }, { asked: asking('minimize price'), weights: { delay: 1, loss: 2 } }, { asked: asking('maximize rate'), paths: 8 }]) {
      await ask([rsp], { ...WISH, ...wish })
    }
    assert.deepEqual(seen.map(({ paths, weights, text }) => [paths, weights, text]), [
      [6, { delay: 2, loss: 10 }, 'minimize 2 * delay + 10 * loss 5 alternatives'],
      [3, { delay: 1, loss: 2 }, 'minimize price'],
      [8, { delay: 1, loss: 20 }, 'maximize rate']
    ])
  })

  it('regression: does not put who is distrusted first for what it says of soft clauses', () => {
    const [liar, honest] = RIVALS
    const soft = 'prefer avoid country xx'
    const asked = asking(`minimize delay ${soft}`)
    const answerOf = (rsp: PeerId, kept: boolean, ...forwarders: PeerId[]): ProviderAnswer => ({
      rsp,
      mapKind: 'reports',
      paths: [pathInit({ forwarders }) as unknown as OfferedPath],
      elapsedMs: 1,
      asked,
      verdict: { clauses: [{ clause: 'minimize delay', isMandatory: true, isSupported: true, kept: [true] }, { clause: soft, isMandatory: false, isSupported: true, kept: [kept] }] }
    })
    const lie = answerOf(liar, true, ENTRY, EXIT)
    const set = setOf([], distrusting(liar))
    const ranked = (flow: number, ...answers: ProviderAnswer[]): string[] => set.rank(answers, flow).map(({ rsp }) => rsp.toString())
    const truth = answerOf(honest, false, ENTRY, OTHER, EXIT)
    const names = [honest, liar].map(String)
    assert.deepEqual(ranked(UNEXPLORED_FLOW, lie, truth), [names[0]])
    assert.deepEqual(ranked(UNEXPLORED_FLOW, lie), [names[1]])
    const orders = new Set(Array.from({ length: 400 }, (_, flow) => ranked(flow, lie, truth).join()))
    assert.deepEqual(orders, new Set([names[0], names.join()]))
  })

  it('regression: ranks offers by their promises with the penalties of what they break, and says what is held against each', () => {
    const soft = 'prefer avoid country xx penalty 30'
    const asked = asking(`minimize delay ${soft}`)
    const answerOf = (rsp: PeerId, rttMs: number, kept: boolean, ...forwarders: PeerId[]): ProviderAnswer => ({
      rsp,
      mapKind: 'reports',
      paths: [pathInit({ forwarders, prediction: { rttUs: 1_000 * rttMs, rttMarginUs: 0, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 } }) as unknown as OfferedPath],
      elapsedMs: 1,
      asked,
      verdict: { clauses: [{ clause: 'minimize delay', isMandatory: true, isSupported: true, kept: [true] }, { clause: soft, isMandatory: false, isSupported: true, kept: [kept] }] }
    })
    const ranked = (brokenMs: number): Array<readonly [PeerId, number | undefined]> =>
      setOf([], boardOf()).rank([answerOf(RIVALS[0], brokenMs, false, ENTRY, EXIT), answerOf(RIVALS[1], 400, true, ENTRY, OTHER, EXIT)], UNEXPLORED_FLOW)
        .map(({ rsp, paths: [{ surchargeMs }] }) => [rsp, surchargeMs] as const)
    assert.deepEqual(ranked(100), [[RIVALS[0], 30], [RIVALS[1], 0]])
    assert.deepEqual(ranked(3_000), [[RIVALS[1], 0], [RIVALS[0], 30]])
  })

  it('takes each path from one RSP, the same one as long as a flow lasts', () => {
    const { set, answers } = rivals(8)
    for (let flow = 0; flow < 50; flow++) {
      const [first, again] = [answers, answers.toReversed()].map((given) => owners(set, given, flow))
      assert.equal(first.length, 1)
      assert.deepEqual(again, first)
    }
    assert.ok(new Set(Array.from({ length: 50 }, (_, flow) => owners(set, answers, flow).join())).size > 1, 'another one from flow to flow')
  })

  it('regression: dials nobody to say that a watch is over, and says it where there is a connection', async () => {
    const told: Array<[watch: number, lifetimeMs: number]> = []
    const rsp = await createRspNode()
    await serveRoutes(rsp.services.internals.registrar, async (query) => sign(query, []), {
      watch: async ({ watch, lifetimeMs }) => {
        told.push([watch, lifetimeMs])
        return { event: 'ended', change: 0 }
      }
    })
    const set = setOf([rsp], boardOf())
    await set.endWatch(rsp.peerId, WISH, 7)
    assert.deepEqual([host.getConnections(), told], [[], []])
    await host.dial(rsp.getMultiaddrs())
    await set.endWatch(rsp.peerId, WISH, 7)
    assert.deepEqual(told, [[7, 0]])
  })

  const owners = (set: ProviderSet, answers: readonly ProviderAnswer[], flow: number): string[] =>
    set.rank(answers, flow).filter(({ paths }) => paths.length > 0).map(({ rsp }) => rsp.toString())

  /** RSPs that offer the same path, in a set that knows none of them. */
  function rivals (count: number): { set: ProviderSet, answers: ProviderAnswer[] } {
    const answers = Array.from({ length: count }, (_, i): ProviderAnswer => ({ rsp: RIVALS[i], mapKind: 'reports', paths: [pathInit() as unknown as OfferedPath], elapsedMs: 1 }))
    return { set: setOf([], boardOf()), answers }
  }

  async function ask (rsps: Array<Pick<TestNode, 'peerId' | 'getMultiaddrs'>>, wish = WISH): Promise<ProviderAnswer[]> {
    return setOf(rsps, boardOf()).ask(wish)
  }

  function setOf (rsps: Array<Pick<TestNode, 'peerId' | 'getMultiaddrs'>>, scores: ScoreBoard, { priceMicro = 0n, dial = host.dial.bind(host) }: { priceMicro?: bigint, dial?: TestNode['dial'] } = {}): ProviderSet {
    const connectionManager = {
      getConnections: (peer: PeerId) => host.getConnections(peer),
      openConnection: dial
    } as unknown as ConnectionManager
    const providers = rsps.map((rsp) => ({
      peer: rsp.peerId,
      rsp: { mapKind: 'reports', metrics: [], priceMicro },
      endpoints: [{ peer: rsp.peerId, addresses: rsp.getMultiaddrs().map((address) => address.decapsulate('/p2p')) }]
    })) as unknown as VerifiedDescriptor[]
    return new ProviderSet({ connectionManager, scores, providers: () => providers, now: Date.now, deadlineMs: DEADLINE_MS, log: SILENT })
  }
})

function asking (text: string): AskedText {
  return new AskedText(text, () => undefined)
}

function boardOf (): ScoreBoard {
  return new ScoreBoard({ now: Date.now, log: SILENT })
}

/** Scores of a host that knows this RSP for a liar. */
function distrusting (rsp: PeerId): ScoreBoard {
  const scores = boardOf()
  for (let i = 0; i < 3; i++) {
    scores.change(rsp, (score, nowMs) => { score.judge({ rttMs: { promised: 20, margin: 1, measured: 80 }, weight: 1, isTaken: true }, nowMs) })
  }
  return scores
}

function commitmentsOf ({ digest, sourceCommitment, destinationCommitment }: DigestedQuery): Omit<Parameters<typeof signOffers>[1], 'privateKey' | 'nowMs'> {
  return { queryDigest: digest, sourceCommitment, destinationCommitment }
}

async function createRspNode (seed = 100): Promise<TestNode> {
  return createNode({ privateKey: await keyOf(seed) })
}

async function startRsp (reply: Reply, seed?: number): Promise<TestNode> {
  const node = await createRspNode(seed)
  await serveRoutes(node.services.internals.registrar, reply)
  return node
}

async function startRaw (onStream: (stream: { send: (bytes: Uint8Array) => boolean }) => void, seed?: number): Promise<TestNode> {
  const node = await createRspNode(seed)
  await node.handle(ROUTE_PROTOCOL, (stream) => {
    stream.addEventListener('message', () => {})
    onStream(stream)
  })
  return node
}
