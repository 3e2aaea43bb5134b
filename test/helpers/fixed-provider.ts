// An RSP that answers every query with the path a test wants, signed as any other.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { serveRoutes } from '../../protocols/route/server.ts'
import { signOffers } from '../../protocols/route/offer.ts'
import { createNode } from './nodes.ts'
import { TESTNET } from './testnet.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Host } from '../../src/host/host.ts'
import type { DigestedQuery } from '../../protocols/route/codec.ts'
import type { PathInit } from '../../protocols/route/offer.ts'
import type { Verdict } from '../../protocols/route/verdict.ts'
import type { WatchHandler } from '../../protocols/route/server.ts'
import type { PeerId } from '@libp2p/interface'

export interface FixedProviderInit {
  /** Who knows of it. */
  hosts: ReadonlyArray<BywayNode<Host>>
  /** Entry first; asked for each answer. */
  forwarders?: () => PeerId[]
  change?: Partial<PathInit>
  /** All offers of each answer, best first; instead of `forwarders`. */
  offers?: () => Array<Partial<PathInit> & Pick<PathInit, 'forwarders'>>
  /** What it says of a query's text; default: it has not read it. */
  verdict?: (query: DigestedQuery) => Verdict
  /** Default: it keeps no standing queries. */
  watch?: WatchHandler
}

let pathNumber = 0

/** End it with `stopNodes`. @returns its peer id */
export async function startFixedProvider ({ hosts, forwarders = () => [], change, offers = () => [{ forwarders: forwarders(), ...change }], verdict, watch }: FixedProviderInit): Promise<PeerId> {
  const privateKey = await generateKeyPair('Ed25519')
  const node = await createNode({ privateKey })
  await serveRoutes(node.services.internals.registrar, async (query) => {
    const nowMs = Date.now()
    const answer = await signOffers(offers().map((offer) => ({
      pathNumber: ++pathNumber,
      notBeforeMs: nowMs,
      expiresAtMs: nowMs + 300_000,
      maxBytesPerSecond: 0n,
      prediction: { rttUs: 1_000, rttMarginUs: 1_000, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 },
      ...offer
    })), { privateKey, nowMs, queryDigest: query.digest, sourceCommitment: query.sourceCommitment, destinationCommitment: query.destinationCommitment })
    return { ...answer, ...(verdict === undefined || query.text === undefined ? {} : { verdict: verdict(query) }) }
  }, { watch })
  const descriptor = await sealDescriptor({
    network: TESTNET,
    sequence: BigInt(Date.now()),
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + 600_000,
    endpoints: [{ peer: node.peerId, addresses: node.getMultiaddrs().map((address) => address.decapsulate('/p2p')) }],
    rsp: { mapKind: 'reports', metrics: ['delay'], priceMicro: 0n, clauses: watch === undefined ? [] : ['watch'] }
  }, privateKey)
  for (const { services } of hosts) {
    const { discovery } = services.byway
    discovery.learn(await openDescriptor(descriptor, discovery.verification))
  }
  return node.peerId
}
