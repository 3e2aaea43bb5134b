// RSPs that tell what no honest one does, each in its way, to whoever asks.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import { createNode } from './nodes.ts'
import { TESTNET } from './testnet.ts'
import { BATCH_CODEC, BATCH_DOMAIN, MAX_MEASUREMENTS } from '../../protocols/exchange/constants.ts'
import { Batch } from '../../protocols/exchange/exchange.pb.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { sealBatch } from '../../protocols/exchange/sealed-batch.ts'
import { serveExchange } from '../../protocols/exchange/server.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { SharedMeasurement } from '../../protocols/exchange/measurement.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

/**
 * unsigned: signed by somebody else; stale: made an hour ago; absurd: round trips of no time; flood: as much as goes into a frame, about
 * forwarders that there are not, without a pause; liar: every link takes a millisecond, in all forms.
 */
export type RubbishKind = 'unsigned' | 'stale' | 'absurd' | 'flood' | 'liar'

export interface RubbishRsp {
  id: string
  descriptor: VerifiedDescriptor
  /** Batches that were asked of it. */
  asked: () => number
}

/** End it with `stopNodes`. */
export async function startRubbishRsp (kind: RubbishKind, forwarders: readonly PeerId[]): Promise<RubbishRsp> {
  const privateKey = await generateKeyPair('Ed25519')
  const node = await createNode({ privateKey })
  let asked = 0
  await serveExchange(node.services.internals.registrar, {
    admit: () => 0,
    subscribe: async () => ({ leaseMs: 300_000, maxLinks: 1e6, measurementsPerMinute: 1e6 }),
    next: async (_, { peer }) => batchOf(kind, forwarders, peer, privateKey, BigInt(++asked))
  })
  const bytes = await sealDescriptor({
    network: TESTNET,
    sequence: BigInt(Date.now()),
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + 600_000,
    endpoints: [{ peer: node.peerId, addresses: node.getMultiaddrs().map((address) => address.decapsulate('/p2p')) }],
    rsp: { mapKind: 'surveys', metrics: ['delay'], priceMicro: 0n }
  }, privateKey)
  const descriptor = await openDescriptor(bytes, { nowMs: Date.now(), network: TESTNET })
  return { id: node.peerId.toString(), descriptor, asked: () => asked }
}

async function batchOf (kind: RubbishKind, forwarders: readonly PeerId[], subscriber: PeerId, privateKey: PrivateKey, sequence: bigint): Promise<Uint8Array> {
  const measurements = pairsOf(forwarders).map(([a, b]) => fast(a, b))
  const batch = { subscriber, sequence, issuedAtMs: Date.now(), measurements }
  switch (kind) {
    case 'unsigned': return resealed(await sealBatch(batch, privateKey), () => {}, await generateKeyPair('Ed25519'))
    case 'stale': return sealBatch({ ...batch, issuedAtMs: Date.now() - 3_600_000 }, privateKey)
    case 'absurd': return resealed(await sealBatch(batch, privateKey), ({ measurements: [first] }) => { first.rttUs = 0 }, privateKey)
    case 'flood': return sealBatch({ ...batch, measurements: pairsOf(await strangers).slice(0, MAX_MEASUREMENTS).map(([a, b]) => fast(a, b)) }, privateKey)
    case 'liar': {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return sealBatch({ ...batch, issuedAtMs: Date.now() }, privateKey)
    }
  }
}

const strangers = peersFrom(5_000, 40)

function fast (a: PeerId, b: PeerId): SharedMeasurement {
  return { a, b, method: 'SURVEYED', down: false, rttUs: 1_000, rttSpreadUs: 10, jitterUs: 10, lossPpm: 0, lossSpreadPpm: 0, samples: 1_000, ageMs: 0 }
}

function pairsOf (peers: readonly PeerId[]): Array<readonly [PeerId, PeerId]> {
  return peers.flatMap((a, at) => peers.slice(at + 1).map((b) => [a, b] as const))
}

async function resealed (sealed: Uint8Array, change: (batch: Batch) => void, key: PrivateKey): Promise<Uint8Array> {
  const batch = Batch.decode(RecordEnvelope.createFromProtobuf(sealed).payload)
  change(batch)
  const payload = Batch.encode(batch)
  const envelope = await RecordEnvelope.seal({ domain: BATCH_DOMAIN, codec: BATCH_CODEC, marshal: () => payload, equals: () => false }, key)
  return envelope.marshal()
}
