// The kinds of forgeries: each attempt is made of valid parts but for one, and says for what reason it must be refused.
import { encodeBind, encodeRefresh, encodeRemove } from '../../protocols/setup/codec.ts'
import { MessageType, ORDER_DOMAIN } from '../../protocols/setup/constants.ts'
import { Path as WirePath } from '../../protocols/route/route.pb.ts'
import { fromString } from 'uint8arrays/from-string'
import { ANY_LABEL, authorityOf, flipped, installOf, orderOver, randomBytes, unsignedInstall } from './attack-samples.ts'
import type { Batch, Block } from './attack-samples.ts'
import type { ForgeryScene, Standing, Target } from './forgery-scene.ts'
import type { Install } from '../../protocols/setup/codec.ts'
import type { Offer } from '../../protocols/route/offer.ts'
import type { Order } from '../../protocols/setup/order.ts'
import type { PeerId } from '@libp2p/interface'

export interface Attempt {
  to: Target
  type?: number
  body: Uint8Array
  caller: PeerId
  /** Undefined: it is answered as if it were done, so that nobody learns what is there. */
  code: string | undefined
  /** The refusal has to bring a challenge. */
  isChallenged?: boolean
}

export interface Kind {
  name: string
  /** The i-th attempt. */
  attempt: (i: number) => Attempt
}

const at = <T>(list: readonly T[], i: number): T => list[i % list.length]

/** Order bytes with some of the random ones in them changed: another order, and not what was signed. */
function altered ({ signed }: Block, i: number): Uint8Array {
  const order = Uint8Array.from(signed.order)
  // the last fields: nonce (16), time (7), anchor (16), each behind its tag
  order[order.length - 1 - i % 16] ^= 1 + i % 255
  return order
}

export async function wrongKeys ({ blocks, keys, f, f2, d }: ForgeryScene): Promise<Kind> {
  const byAttacker = await Promise.all(blocks.map(async ({ signed }) => new Uint8Array(await keys.attacker.sign(Uint8Array.from([...fromString(ORDER_DOMAIN), ...signed.order])))))
  const withoutDomain = await Promise.all(blocks.map(async ({ signed }) => new Uint8Array(await keys.source.sign(signed.order))))
  return {
    name: 'wrong key',
    attempt: (i) => {
      const block = at(blocks, i)
      const change: Partial<Install> = at([
        () => ({ signature: at(byAttacker, i) }),
        () => ({ signature: at(withoutDomain, i) }),
        () => ({ signature: randomBytes(64) }),
        () => ({ signature: at(blocks, i + 1).signed.signature }),
        () => ({ signature: flipped(block.signed.signature, i * 7) }),
        () => ({ order: altered(block, i) }),
        () => ({ signature: undefined })
      ], i)()
      const isAtEnd = i % 5 === 0
      return { to: isAtEnd ? d : f2, caller: f[isAtEnd ? 2 : 0].peer, body: installOf(block, isAtEnd ? 3 : 1, change), code: 'INVALID_SIGNATURE' }
    }
  }
}

export async function anothersSource (scene: ForgeryScene): Promise<Kind> {
  const { blocks, keys, peers, f, f2, d } = scene
  const { attacker, other } = peers
  const stolen = await Promise.all(blocks.map(async ({ batch, offer }) => (await scene.blocksOf({ ...batch, offers: [offer] }, keys.attacker))[0]))
  const strangers = [attacker, other, f[2].peer, f[3].peer, peers.destination]
  return {
    name: 'another\'s source',
    attempt: (i) => {
      const block = at(blocks, i)
      return at<() => Attempt>([
        () => ({ to: f2, caller: at(strangers, i), body: installOf(block, 1), code: 'NOT_AUTHORIZED' }),
        () => ({ to: f2, caller: at(strangers, i), body: installOf(block, 1, { backLabel: undefined, bound: true }), code: 'NOT_AUTHORIZED' }),
        () => ({ to: d, caller: at([attacker, other, f[0].peer, f[1].peer], i), body: installOf(block, 3), code: 'NOT_AUTHORIZED' }),
        // an offer of somebody else with an order of one's own, as its caller or through the hop before
        () => ({ to: f2, caller: attacker, body: installOf(at(stolen, i), 1, { backLabel: undefined }), code: 'NOT_AUTHORIZED' }),
        () => ({ to: f2, caller: f[0].peer, body: installOf(at(stolen, i), 1), code: 'NOT_AUTHORIZED' }),
        () => ({ to: d, caller: f[2].peer, body: installOf(at(stolen, i), 3), code: 'NOT_AUTHORIZED' })
      ], i)()
    }
  }
}

/** The attacker's own path, made a better one; its connection proves that it is the source, so nothing but the path is wrong. */
export async function alteredPaths (scene: ForgeryScene): Promise<Kind> {
  const { own, nowMs, f, f2, peers } = scene
  const { attacker } = peers
  const unlisted = await scene.batch({ rsp: scene.keys.unlisted, source: attacker })
  const shown = (batch: Pick<Batch, 'root'>, offer: Offer): Uint8Array => unsignedInstall(authorityOf(batch, offer), orderOver(own, offer.path, nowMs), 1)
  const withLeaf = (offer: Offer, change: (wire: WirePath) => void): Uint8Array => {
    const wire = WirePath.decode(offer.path)
    change(wire)
    return shown(own, { ...offer, path: WirePath.encode(wire) })
  }
  const fourth = Uint8Array.from(f[3].peer.toMultihash().bytes)
  const bodies: Array<(offer: Offer, i: number) => Uint8Array> = [
    (offer, i) => shown(own, { ...offer, path: flipped(offer.path, i) }),
    (offer, i) => shown(own, { ...offer, proof: offer.proof.map((hash, j) => j === i % offer.proof.length ? flipped(hash, i * 3) : hash) }),
    (offer) => shown(own, { ...offer, proof: offer.proof.slice(1) }),
    (offer, i) => shown(own, { ...offer, leafIndex: (offer.leafIndex + 1 + i % 23) % 24 }),
    (offer, i) => shown(own, { ...offer, path: at(own.offers, offer.leafIndex + 1 + i % 23).path }),
    (offer) => withLeaf(offer, ({ forwarders }) => { forwarders.reverse() }),
    (offer) => withLeaf(offer, ({ forwarders }) => { forwarders.push(fourth) }),
    (offer) => withLeaf(offer, ({ forwarders }) => { forwarders.push(forwarders[0]) }),
    (offer) => withLeaf(offer, (wire) => { wire.expiresAtMs += 60_000n }),
    (offer, i) => withLeaf(offer, (wire) => { wire.maxBytesPerSecond = BigInt(1 + i) }),
    (offer, i) => shown({ root: { ...own.root, root: flipped(own.root.root, i) } }, offer),
    (offer, i) => shown({ root: { ...own.root, signature: flipped(own.root.signature, i) } }, offer),
    (offer, i) => shown({ root: { ...own.root, issuedAtMs: own.root.issuedAtMs - 1 - i % 1_000 } }, offer),
    (offer, i) => shown({ root: { ...own.root, treeSize: own.root.treeSize + 1 + i % 8 } }, offer),
    (_, i) => shown({ root: { ...unlisted.root, rsp: peers.rsp } }, at(unlisted.offers, i))
  ]
  return {
    name: 'altered path',
    attempt: (i) => {
      const offer = at(own.offers, i)
      if (i % 8 === 0) {
        return { to: f2, caller: attacker, body: unsignedInstall(authorityOf(own, offer), orderOver(own, offer.path, nowMs), at([0, 2, 3, 4, 16], i / 8)), code: 'MALFORMED' }
      }
      if (i % 8 === 1) {
        const order = orderOver(own, at(own.offers, i + 1).path, nowMs)
        return { to: f2, caller: attacker, body: unsignedInstall(authorityOf(own, offer), order, 1), code: 'MALFORMED' }
      }
      return { to: f2, caller: attacker, body: at(bodies, i)(offer, Math.floor(i / bodies.length)), code: 'INVALID_SIGNATURE' }
    }
  }
}

export function otherSalts ({ own, blocks, nowMs, f, f2, d, peers }: ForgeryScene): Kind {
  const { salts } = own
  const changes: Array<(i: number) => Partial<Order>> = [
    (i) => ({ sourceSalt: flipped(salts.source, i) }),
    (i) => ({ destinationSalt: flipped(salts.destination, i) }),
    () => ({ sourceSalt: randomBytes(16) }),
    () => ({ destinationSalt: randomBytes(16) }),
    () => ({ sourceSalt: salts.destination, destinationSalt: salts.source }),
    (i) => ({ sourceSalt: at(blocks, i).batch.salts.source }),
    () => ({ destination: peers.other }),
    () => ({ destination: f[3].peer })
  ]
  return {
    name: 'other salts',
    attempt: (i) => {
      const offer = at(own.offers, i)
      const order = orderOver(own, offer.path, nowMs, at(changes, i)(i))
      // to its destination there is no other way than through the exit; no signature is looked at before the commitments
      return i % 8 < 6 && i % 3 === 0
        ? { to: d, caller: f[2].peer, body: unsignedInstall(authorityOf(own, offer), order, 3, { backLabel: ANY_LABEL }), code: 'NOT_AUTHORIZED' }
        : { to: f2, caller: peers.attacker, body: unsignedInstall(authorityOf(own, offer), order, 1), code: 'NOT_AUTHORIZED' }
    }
  }
}

/** What was signed for its source and used once, by those who saw it. */
export function replayed ({ used, f, f2, d }: ForgeryScene, name: string): Kind {
  return {
    name,
    attempt: (i) => {
      const block = at(used, i)
      return i % 5 === 0
        ? { to: d, caller: f[2].peer, body: installOf(block, 3), code: 'NOT_AUTHORIZED' }
        : { to: f2, caller: f[0].peer, body: installOf(block, 1, i % 2 === 0 ? {} : { backLabel: { slot: i, check: i } }), code: 'NOT_AUTHORIZED' }
    }
  }
}

export async function outOfTime (scene: ForgeryScene): Promise<Kind> {
  const { own, blocks, nowMs, f, f2, d, peers, keys } = scene
  const { offers: [offer], ...rest } = blocks[0].batch
  const one = { ...rest, offers: [offer] }
  const signedAt = async (offsetMs: number): Promise<Block> => (await scene.blocksOf(one, keys.source, { issuedAtMs: nowMs + offsetMs }))[0]
  const orders = await Promise.all([-60_001, -61_000, -90_000, -600_000, -86_400_000, 60_001, 75_000, 3_600_000].map(signedAt))
  const spans = [[-500_000, -100_000], [-400_000, -60_001], [-599_000, -61_000]]
  const over = [[f[0].peer, f[1].peer, f[2].peer]]
  const ended = await Promise.all(spans.map(async ([fromMs, toMs]) => (await scene.blocksOf(await scene.batch({ over, nowMs: nowMs + fromMs, expiresAtMs: nowMs + toMs }), keys.source))[0]))
  const early = await Promise.all([60_001, 200_000].map(async (fromMs) => (await scene.blocksOf(await scene.batch({ over, nowMs: nowMs + fromMs }), keys.source))[0]))
  return {
    name: 'out of time',
    attempt: (i) => {
      if (i % 4 === 0) {
        const issuedAtMs = nowMs + (i % 8 === 0 ? -60_001 - i : 60_001 + i)
        const path = at(own.offers, i)
        return { to: f2, caller: peers.attacker, body: unsignedInstall(authorityOf(own, path), orderOver(own, path.path, issuedAtMs), 1), code: 'EXPIRED' }
      }
      const block = at([...orders, ...ended, ...early], i)
      return i % 4 === 1
        ? { to: d, caller: f[2].peer, body: installOf(block, 3), code: 'EXPIRED' }
        : { to: f2, caller: f[0].peer, body: installOf(block, 1), code: 'EXPIRED' }
    }
  }
}

export async function notTakenHere (scene: ForgeryScene): Promise<Kind> {
  const { keys, peers, nowMs, f, f2 } = scene
  const rsps = [keys.revoked, keys.unlisted]
  const blocks = (await Promise.all(rsps.map(async (rsp) => scene.blocksOf(await scene.batch({ rsp }))))).flat()
  const own = await Promise.all(rsps.map(async (rsp) => scene.batch({ rsp, source: peers.attacker })))
  return {
    name: 'RSP not taken',
    attempt: (i) => {
      if (i % 2 === 0) {
        return { to: f2, caller: f[0].peer, body: installOf(at(blocks, i / 2), 1), code: 'NOT_AUTHORIZED' }
      }
      const batch = at(own, Math.floor(i / 2))
      const offer = at(batch.offers, i)
      return { to: f2, caller: peers.attacker, body: unsignedInstall(authorityOf(batch, offer), orderOver(batch, offer.path, nowMs), 1), code: 'NOT_AUTHORIZED' }
    }
  }
}

/** Valid in every way, but for the cookie that a busy forwarder wants to see. */
export function stolenCookies ({ f, busyOne }: ForgeryScene, { mine, others }: { mine: Uint8Array, others: readonly Uint8Array[] }, own: readonly Block[]): Kind {
  return {
    name: 'stolen cookie',
    attempt: (i) => {
      const block = at(own, i)
      const cookie = at([() => at(others, i), () => flipped(mine, i), () => randomBytes(20)], i)()
      const proofs = i % 7 === 0 ? [] : [{ index: i % 7 === 1 ? 2 : 1, cookie: i % 7 === 1 ? mine : cookie, solution: i % 2 === 0 ? randomBytes(8) : undefined }]
      return { to: busyOne, caller: f[0].peer, body: installOf(block, 1, { proofs }), code: 'OVER_QUOTA', isChallenged: true }
    }
  }
}

/** Labels, order ids and chain values that were seen, guessed or kept. */
export function stolenLabels ({ standing, ending, unbound, f, f2, d, peers }: ForgeryScene): Kind {
  const strangers = [peers.attacker, peers.other, f[2].peer, f[3].peer, peers.source]
  const next = ({ chain }: Standing): Uint8Array => chain.next() ?? new Uint8Array(16)
  const coming = new Map([...standing, ...ending].map((path) => [path, Array.from({ length: 20 }, () => next(path))]))
  const chainOf = (path: Standing, step: number): Uint8Array => (coming.get(path) as Uint8Array[])[step]
  const wrongCheck = ({ label }: Standing, i: number): Standing['label'] => ({ ...label, check: (label.check + 1 + i) >>> 0 })
  const { bind, refresh, remove } = MessageType
  return {
    name: 'stolen label',
    attempt: (i) => {
      const isAtEnd = i % 3 === 0
      const path = at(isAtEnd ? ending : standing, i)
      const holder = f[isAtEnd ? 2 : 0].peer
      const stranger = at(isAtEnd ? [peers.attacker, peers.source, f[0].peer, f[1].peer] : strangers, i)
      const to = isAtEnd ? d : f2
      const { label, shown } = path
      const waiting = at(unbound, i).signed.id
      const variants: Array<() => Attempt> = [
        () => ({ to, type: refresh, caller: stranger, body: encodeRefresh({ label, chain: chainOf(path, 0) }), code: 'NOT_FOUND' }),
        () => ({ to, type: refresh, caller: holder, body: encodeRefresh({ label: wrongCheck(path, i), chain: chainOf(path, 0) }), code: 'NOT_FOUND' }),
        () => ({ to, type: refresh, caller: holder, body: encodeRefresh({ label: { slot: (label.slot ^ 1) >>> 0, check: label.check }, chain: chainOf(path, 0) }), code: 'NOT_FOUND' }),
        () => ({ to, type: refresh, caller: holder, body: encodeRefresh({ label, chain: shown }), code: 'NOT_AUTHORIZED' }),
        () => ({ to, type: refresh, caller: holder, body: encodeRefresh({ label, chain: randomBytes(16) }), code: 'NOT_AUTHORIZED' }),
        () => ({ to, type: refresh, caller: holder, body: encodeRefresh({ label, chain: chainOf(path, 8 + i % 12) }), code: 'NOT_AUTHORIZED' }),
        () => ({ to, type: refresh, caller: holder, body: encodeRefresh({ label, chain: chainOf(at(isAtEnd ? ending : standing, i + 1), 0) }), code: 'NOT_AUTHORIZED' }),
        () => ({ to, type: remove, caller: stranger, body: encodeRemove({ label }), code: undefined }),
        () => ({ to, type: remove, caller: holder, body: encodeRemove({ label: wrongCheck(path, i) }), code: undefined }),
        () => ({ to: f2, type: remove, caller: at([peers.attacker, peers.other, f[0].peer, f[2].peer], i), body: encodeRemove({ orderId: waiting }), code: undefined }),
        () => ({ to: f2, type: remove, caller: peers.source, body: encodeRemove({ orderId: path.orderId }), code: undefined }),
        () => ({ to: f2, type: bind, caller: at(strangers, i), body: encodeBind({ orderId: waiting, backLabel: ANY_LABEL }), code: 'NOT_FOUND' }),
        () => ({ to: f2, type: bind, caller: f[0].peer, body: encodeBind({ orderId: i % 2 === 0 ? path.orderId : randomBytes(16), backLabel: ANY_LABEL }), code: 'NOT_FOUND' }),
        () => ({ to: d, type: bind, caller: f[2].peer, body: encodeBind({ orderId: waiting, backLabel: ANY_LABEL }), code: 'MALFORMED' })
      ]
      return at(variants, Math.floor(i / 3))()
    }
  }
}
