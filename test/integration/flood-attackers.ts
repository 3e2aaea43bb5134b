// A process of its own: fifty peers that send prebuilt installs to a forwarder as fast as they are told, most of them with a signature
// that holds for nothing, some of them valid in every way. They read no answers and heed no challenge.
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_FRAME_BYTES, SETUP_PROTOCOL } from '../../protocols/setup/constants.ts'
import { encodeFrame as encodeBounded } from '../../protocols/request-stream/frames.ts'
import { createNode } from '../helpers/nodes.ts'
import { authorityOf, batchOf, orderOver, randomBytes, unsignedInstall, ANY_LABEL } from '../forwarder/attack-samples.ts'
import { ATTACKERS, OFFERED_PER_SECOND, cast } from './flood-cast.ts'
import type { Member } from './flood-cast.ts'
import type { Stream } from '@libp2p/interface'
import type { Frame } from '../../protocols/request-stream/frames.ts'

const encodeFrame = (frame: Frame): Uint8Array => encodeBounded(frame, MAX_FRAME_BYTES)

const TICK_MS = 25
const VALID_SHARE = 0.1
const VALID_PER_ATTACKER = 80
const DIALS_AT_ONCE = 10

interface Attacker {
  member: Member
  stream: Stream
  valid: Uint8Array[]
  /** With room for a signature that nobody made. */
  forged: Uint8Array
  signatureAt: number
}

let exchange = 0

async function attackerOf (member: Member, address: string): Promise<Attacker> {
  const node = await createNode({ privateKey: member.key, addresses: { listen: [] } })
  const connection = await node.dial(multiaddr(address))
  const stream = await connection.newStream(SETUP_PROTOCOL)
  const install = async (): Promise<{ body: Uint8Array, signature: Uint8Array }> => {
    const batch = await batchOf({ rsp: cast.rsp.key, source: member.peer, destination: cast.destination.peer, over: [[cast.forwarder.peer]], nowMs: Date.now() })
    const [offer] = batch.offers
    const body = unsignedInstall(authorityOf(batch, offer), orderOver(batch, offer.path, Date.now()), 0, { backLabel: ANY_LABEL })
    return { body, signature: batch.root.signature }
  }
  const valid: Uint8Array[] = []
  while (valid.length < VALID_PER_ATTACKER) {
    valid.push((await install()).body)
  }
  const { body, signature } = await install()
  return { member, stream, valid, forged: body, signatureAt: Buffer.from(body).indexOf(signature) }
}

/** @returns false where the forwarder does not read, and the attacker's own buffers are full */
function send ({ stream, valid, forged, signatureAt }: Attacker): boolean {
  if (stream.status !== 'open' || stream.writableNeedsDrain) {
    return false
  }
  let body = Math.random() < VALID_SHARE ? valid.pop() : undefined
  if (body === undefined) {
    forged.set(randomBytes(64), signatureAt)
    body = forged
  }
  stream.send(encodeFrame({ type: 1, status: 0, exchange: exchange++, body }))
  return true
}

async function flood (attackers: readonly Attacker[], ms: number): Promise<{ offered: number, sent: number }> {
  let offered = 0
  let sent = 0
  const startedMs = performance.now()
  while (performance.now() - startedMs < ms) {
    const due = (performance.now() - startedMs) / 1_000 * OFFERED_PER_SECOND
    while (offered < due) {
      sent += send(attackers[offered++ % ATTACKERS]) ? 1 : 0
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  return { offered, sent }
}

process.on('disconnect', () => { process.exit() })
process.once('message', ({ address }: { address: string }) => {
  void (async () => {
    const attackers: Attacker[] = []
    for (let first = 0; first < ATTACKERS; first += DIALS_AT_ONCE) {
      attackers.push(...await Promise.all(cast.attackers.slice(first, first + DIALS_AT_ONCE).map(async (member) => attackerOf(member, address))))
    }
    process.on('message', ({ floodMs }: { floodMs: number }) => {
      void flood(attackers, floodMs).then((done) => process.send?.(done))
    })
    process.send?.({ ready: true })
  })()
})
