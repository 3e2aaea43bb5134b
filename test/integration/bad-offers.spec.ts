// A host among RSPs that answer nothing, too late, or with what does not hold: each gives a typed error, and the honest RSP's
// offers count all the same.
import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { sealDescriptor, openDescriptor } from '../../protocols/descriptor/codec.ts'
import { decodeAnswer, decodeRequest, encodeAnswer } from '../../protocols/route/codec.ts'
import { signOffers } from '../../protocols/route/offer.ts'
import { ROUTE_EXCHANGES } from '../../protocols/route/route-protocol.ts'
import { serveRequestStreams } from '../../protocols/request-stream/request-stream-server.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { TESTNET, createTestnet, until } from '../helpers/testnet.ts'
import type { DigestedQuery } from '../../protocols/route/codec.ts'
import type { PathInit, SignedOffers } from '../../protocols/route/offer.ts'
import type { ProviderAnswer } from '../../src/host/provider-set.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'

/** How a dishonest RSP comes to the bytes of its answer. */
type Trick = (query: DigestedQuery, key: Ed25519PrivateKey) => Promise<Uint8Array>

/** What an honest RSP would say. */
function pathFor (query: DigestedQuery, change: Partial<PathInit> = {}): PathInit {
  const nowMs = Date.now()
  return {
    forwarders: [...new Map([query.source[0], query.destination[1]].map(({ forwarder }) => [forwarder.toString(), forwarder])).values()],
    pathNumber: 1,
    notBeforeMs: nowMs,
    expiresAtMs: nowMs + 60_000,
    maxBytesPerSecond: 1_000n,
    prediction: { rttUs: 1, rttMarginUs: 1, lossPpm: 0, confidence: 0.99, dataAgeMs: 0 },
    ...change
  }
}

async function signed (query: DigestedQuery, privateKey: Ed25519PrivateKey, paths = [pathFor(query)], nowMs = Date.now()): Promise<SignedOffers> {
  const { digest, sourceCommitment, destinationCommitment } = query
  return await signOffers(paths, { queryDigest: digest, sourceCommitment, destinationCommitment, privateKey, nowMs })
}

const TRICKS: Array<{ title: string, trick: Trick, error: string }> = [
  { title: 'answers nothing', trick: async () => new Promise<Uint8Array>(() => {}), error: 'DeadlineError' },
  {
    title: 'answers too late',
    trick: async (query, key) => {
      await new Promise((resolve) => setTimeout(resolve, 3_800))
      return encodeAnswer(await signed(query, key))
    },
    error: 'DeadlineError'
  },
  {
    title: 'signs badly',
    trick: async (query, key) => {
      const answer = await signed(query, key)
      answer.root.signature[10] ^= 1
      return encodeAnswer(answer)
    },
    error: 'InvalidSignatureError'
  },
  {
    title: 'passes on what another has signed',
    trick: async (query) => encodeAnswer(await signed(query, await generateKeyPair('Ed25519'))),
    error: 'InvalidSignatureError'
  },
  {
    title: 'offers what has expired',
    trick: async (query, key) => {
      const nowMs = Date.now() - 200_000
      return encodeAnswer(await signed(query, key, [pathFor(query, { notBeforeMs: nowMs, expiresAtMs: nowMs + 60_000 })], nowMs))
    },
    error: 'ExpiredError'
  },
  {
    title: 'answers another query',
    trick: async (query, key) => encodeAnswer(await signed({ ...query, digest: new Uint8Array(32).fill(7) }, key)),
    error: 'OfferMismatchError'
  },
  { title: 'answers with random bytes', trick: async () => Uint8Array.from({ length: 500 }, (_, i) => i * 97 + 13), error: 'MalformedMessageError' }
]

describe('a host among dishonest RSPs', function () {
  this.timeout(60_000)
  const rsps = new Map<string, PeerId>()
  let net: Testnet
  let answers: ProviderAnswer[]
  let elapsedMs: number

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2 })
    await net.ready()
    for (const { title, trick } of TRICKS) {
      rsps.set(title, await dishonest(trick))
    }
    const startedMs = performance.now()
    answers = await net.hosts[0].services.byway.offers(net.hosts[1].peerId)
    elapsedMs = performance.now() - startedMs
  })

  after(async () => {
    await stopNodes()
    await net.stop()
  })

  /** An RSP with a good descriptor, which the first host knows. */
  async function dishonest (trick: Trick): Promise<PeerId> {
    const privateKey = await generateKeyPair('Ed25519')
    const node = await createNode({ privateKey })
    await serveRequestStreams(node.services.internals.registrar, ROUTE_EXCHANGES, { handle: async ({ body }) => ({ body: await trick(decodeRequest(body), privateKey) }) })
    const nowMs = Date.now()
    const descriptor = await sealDescriptor({
      network: TESTNET,
      sequence: 1n,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + 600_000,
      endpoints: [{ peer: node.peerId, addresses: node.getMultiaddrs().map((address) => address.decapsulate('/p2p')) }],
      rsp: { mapKind: 'reports', metrics: ['delay'], priceMicro: 0n }
    }, privateKey)
    const { discovery } = net.hosts[0].services.byway
    discovery.learn(await openDescriptor(descriptor, discovery.verification))
    return node.peerId
  }

  for (const { title, error } of TRICKS) {
    it(`says of one that ${title}: ${error}`, () => {
      const answer = answers.find(({ rsp }) => rsp.toString() === rsps.get(title)?.toString())
      assert.deepEqual([answer?.paths, answer?.error?.name], [[], error])
    })
  }

  it('takes the offers of the honest one', () => {
    const honest = answers.find(({ rsp }) => rsp.equals(net.rsps[0].peerId))
    assert.equal(honest?.error, undefined)
    assert.ok((honest?.paths.length ?? 0) > 0)
    assert.equal(answers.length, TRICKS.length + 1)
  })

  it('waits for none of them longer than its deadline', () => {
    assert.ok(elapsedMs < 10_000, `${elapsedMs} ms`)
  })

  it('would have taken the same answer from an RSP that plays no trick', async () => {
    const rsp = await dishonest(async (query, key) => {
      const bytes = encodeAnswer(await signed(query, key))
      assert.equal(decodeAnswer(bytes).offers.length, 1)
      return bytes
    })
    const { discovery } = net.hosts[0].services.byway
    for (const peer of rsps.values()) {
      discovery.directory.delete(peer)
    }
    const again = await net.hosts[0].services.byway.offers(net.hosts[1].peerId)
    assert.deepEqual(again.find((answer) => answer.rsp.equals(rsp))?.paths.map(({ pathNumber }) => pathNumber), [1])
  })

  it('opens a channel over what the honest one offers', async () => {
    const channel = await net.hosts[0].services.byway.open(net.hosts[1].peerId)
    await until(() => channel.status.routes.some(({ path }) => path.length > 0), 'a path')
    channel.close()
  })
})
