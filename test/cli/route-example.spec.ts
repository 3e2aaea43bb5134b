import assert from 'node:assert/strict'
import { AskedText } from '../../src/host/asked-text.ts'
import { readFile } from 'node:fs/promises'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { CONSIDERATE } from '../../src/rsp/profiles/considerate.ts'
import { DisjointFinder } from '../../src/path-finding/disjoint.ts'
import { FAST } from '../../src/rsp/profiles/fast.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { Predictor } from '../../src/rsp/predictor.ts'
import { RELIABLE } from '../../src/rsp/profiles/reliable.ts'
import { RouteService } from '../../src/rsp/route-service.ts'
import { checkAnswer } from '../../protocols/route/client.ts'
import { decodeAnswer, digestQuery, encodeAnswer } from '../../protocols/route/codec.ts'
import { drawRows } from '../../src/simulation/draw.ts'
import { bundledMatrixFile, loadMatrix } from '../../src/simulation/latency-matrix.ts'
import { offersOf, routeText } from '../../src/cli/route.ts'
import { sampleQuery } from '../protocols/route/samples.ts'
import type { ProviderAnswer } from '../../src/host/provider-set.ts'
import type { PrivateKey } from '@libp2p/interface'
import type { RspProfile } from '../../src/rsp/profiles/rsp-profile.ts'
import type { RouteReport } from '../../src/cli/route.ts'

const FILE = 'protocols/route/query-example.md'
const NOW_MS = Date.UTC(2026, 10, 28, 12)
const QUERY = 'minimize delay + 20 * loss where hops <= 3 avoid country xx prefer loss <= 0.5%'
const SALT = new Uint8Array(16)
/** The demo's own. */
const [SEED, FORWARDERS, PAIRS] = [1, 24, 32]
/** One whose default route takes a detour. */
const PAIR = 23
/** In turn. */
const COUNTRIES = ['de', 'us', 'jp', 'xx', 'fr']

const keyOf = async (number: number): Promise<PrivateKey> => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number))

/** The offers of the three RSPs that come with byway for a pair of hosts of the demo, on what its links take. */
async function report (query: string, pair = PAIR): Promise<RouteReport> {
  const matrix = await loadMatrix(bundledMatrixFile())
  const rows = drawRows({ seed: SEED, size: matrix.size, forwarders: FORWARDERS, pairs: PAIRS })
  const forwarders = await Promise.all(rows.forwarders.map(async (_, number) => peerIdFromPrivateKey(await keyOf(number + 1))))
  const map = new PerformanceMap()
  forwarders.forEach((forwarder, number) => {
    map.addNode(forwarder.toString())
    map.describe(forwarder.toString(), { operator: 'demo', tags: { country: COUNTRIES[number % COUNTRIES.length] }, forwarder: undefined, bytes: new Uint8Array(1), expiresAtMs: NOW_MS + 1e6 })
  })
  rows.forwarders.forEach((row, from) => {
    rows.forwarders.forEach((other, to) => {
      if (from < to) {
        // one link of seven loses a little
        map.set(forwarders[from].toString(), forwarders[to].toString(), {
          rttUs: Math.round(1_000 * matrix.rttMs(row, other)), jitterUs: 300, lossPpm: (from * 5 + to) % 7 === 0 ? 8_000 : 0, measuredAtMs: NOW_MS - 1_000 * (1 + (from + to) % 9), samples: 64
        })
      }
    })
  })
  const { source, destination } = rows.pairs[pair]
  const reading = new AskedText(query, (forwarder) => map.attributes[map.indexOf(forwarder.toString()) ?? -1])
  const access = (row: number): Array<{ forwarder: typeof forwarders[number], rttUs: number }> =>
    forwarders.map((forwarder, number) => ({ forwarder, rttUs: Math.round(1_000 * matrix.rttMs(row, rows.forwarders[number])) }))
  const answers = await Promise.all([FAST, RELIABLE, CONSIDERATE].map(async (profile: RspProfile, number): Promise<ProviderAnswer> => {
    const privateKey = await keyOf(100 + number)
    const rsp = peerIdFromPrivateKey(privateKey)
    const service = new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey, profile, now: () => NOW_MS })
    const asked = digestQuery(sampleQuery({ source: access(source), destination: access(destination), avoid: [], paths: 2, text: query, explain: true }))
    const { paths, verdict } = await checkAnswer(decodeAnswer(encodeAnswer(await service.answer(asked, rsp))), asked, { expectedRsp: rsp, nowMs: NOW_MS })
    return { rsp, mapKind: 'reports', paths: paths.map((path) => ({ ...path, salts: { source: SALT, destination: SALT } })), elapsedMs: 1, asked: reading, verdict }
  }))
  const destinationId = peerIdFromPrivateKey(await keyOf(90)).toString()
  return { destination: destinationId, default: { rttMs: Math.round(10 * matrix.rttMs(source, destination)) / 10 }, ...offersOf(answers, query) }
}

describe('the example of a query in the documentation', () => {
  it('is what byway route says on the demo\'s overlay', async () => {
    const text = routeText(await report(QUERY), NOW_MS).join('\n')
    const [, command, shown] = /```\n(\$ byway route [^\n]+)\n\n(.*?)\n```/s.exec(await readFile(FILE, 'utf8')) ?? []
    assert.ok(command?.includes(`--query "${QUERY}" --explain`))
    assert.equal(shown, text)
  })

  it('is the same for programs', async () => {
    const { query, clauses, explanations, offers } = JSON.parse(JSON.stringify(await report(QUERY))) as RouteReport
    assert.equal(query, QUERY)
    assert.deepEqual(clauses?.map(({ isMandatory, outcomes }) => [isMandatory, ...outcomes.map(({ outcome }) => outcome)]).length, 4)
    assert.ok(explanations?.every(({ explanation }) => explanation.paths.length > 0 && explanation.clauses.length === 3))
    assert.ok(offers.every(({ unfit }) => unfit === null))
  })

  it('leads over no forwarder that is to be avoided', async () => {
    const { offers } = await report(QUERY)
    const avoided = await Promise.all(Array.from({ length: FORWARDERS }, (_, number) => number)
      .filter((number) => COUNTRIES[number % COUNTRIES.length] === 'xx')
      .map(async (number) => peerIdFromPrivateKey(await keyOf(number + 1)).toString()))
    assert.ok(offers.length > 0)
    assert.ok(offers.every(({ path }) => path.every((id) => !avoided.includes(id)) && path.length <= 3))
  })
})
