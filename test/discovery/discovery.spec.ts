import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createNode as createBrowserNode } from '../../src/node/libp2p.browser.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { bootstrap as bootstrapRole } from '../../src/discovery/bootstrap.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { host } from '../../src/host/host.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { roleKey } from '../../src/discovery/role-key.ts'
import { routeProvider } from '../../src/rsp/route-provider.ts'
import { sealBinding } from '../../protocols/identity/codec.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { serveDescriptors } from '../../protocols/descriptor/server.ts'
import { createNode as createBareNode, stopNodes } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import type { BywayNode, NodeInit, Role } from '../../src/node/libp2p.ts'
import type { DescriptorInit, RoleName } from '../../protocols/descriptor/codec.ts'
import type { Discovery } from '../../src/discovery/discovery.ts'
import type { Host } from '../../src/host/host.ts'
import type { PrivateKey } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

const NETWORK = 'discovery-test'

describe('discovery', () => {
  const started: Array<BywayNode<Role>> = []

  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (node) => { await node.stop() }))
    await stopNodes()
  })

  it('finds forwarders and RSPs through the DHT alone', async () => {
    const seed = await start(() => new Nothing(), true)
    const bootstrap = seed.getMultiaddrs()
    await start(forwarder({ network: NETWORK, bootstrap }), true)
    await start(routeProvider({ network: NETWORK, bootstrap }), true)
    await until(async () => await isProvided(seed, 'forwarder') && await isProvided(seed, 'rsp'), 'they are advertised', 20_000)
    const newcomer = await start(host({ network: NETWORK, bootstrap }), false)
    // the first look-up after 5 s may be too late for its deadline on a busy machine, and the next one follows after 15 s
    await until(() => known(newcomer).join() === '1,1', 'both are found', 40_000)
  })

  it('finds forwarders and RSPs by asking peers, without any DHT', async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0/ws']
    const first = await start(forwarder({ network: NETWORK }), true, { listen })
    const bootstrap = first.getMultiaddrs()
    const second = await start(forwarder({ network: NETWORK, bootstrap }), true, { listen })
    await start(routeProvider({ network: NETWORK, bootstrap }), true, { listen })
    await until(() => known(first).join() === '1,1' && known(second)[0] === 1, 'they know each other', 20_000)
    const newcomer = await createBrowserNode({ role: host({ network: NETWORK, bootstrap }), privateKey: await generateKeyPair('Ed25519'), isLocal: true })
    started.push(newcomer)
    await until(() => known(newcomer).join() === '2,1', 'all are found', 20_000)
  })

  it('regression: an RSP hears of a newcomer in its next round from a bootstrap node, however many others it is connected to that know nothing', async () => {
    const first = await start(bootstrapRole({ network: NETWORK }), true)
    const rsp = await start(routeProvider({ network: NETWORK, bootstrap: first.getMultiaddrs() }), true)
    for (let others = 0; others < 8; others++) {
      await (await start(() => new Nothing(), false)).dial(rsp.getMultiaddrs())
    }
    const newcomer = await start(forwarder({ network: NETWORK, bootstrap: first.getMultiaddrs() }), true)
    const knows = (node: { services: { byway: object } }): boolean => (node.services.byway as { discovery: Discovery }).discovery.directory.get(newcomer.peerId) !== undefined
    await until(() => knows(first), 'the bootstrap node has greeted it', 20_000)
    rsp.services.byway.discovery.refresh()
    await until(() => knows(rsp), 'the RSP knows it', 8_000)
  })

  it('regression: a bootstrap node that knows a peer hears where it is now, though nothing in an address that it listens on names it', async () => {
    const first = await start(bootstrapRole({ network: NETWORK }), true)
    const privateKey = await generateKeyPair('Ed25519')
    const moving = await start(forwarder({ network: NETWORK, bootstrap: first.getMultiaddrs() }), true, { privateKey })
    const said = (): string | undefined => first.services.byway.discovery.directory.get(moving.peerId)?.endpoints[0].addresses.join()
    await until(() => said() !== undefined, 'the bootstrap node has greeted it', 20_000)
    const before = said()
    await moving.stop()
    await start(forwarder({ network: NETWORK, bootstrap: first.getMultiaddrs() }), true, { privateKey })
    await until(() => said() !== before, 'the bootstrap node knows its new port', 20_000)
  })

  it('keeps two networks on the same machines apart', async () => {
    const stranger = await start(forwarder({ network: 'another' }), true, { network: 'another' })
    const newcomer = await start(host({ network: NETWORK, bootstrap: stranger.getMultiaddrs() }), false)
    await until(() => newcomer.getConnections().length > 0, 'they are connected')
    await new Promise((resolve) => setTimeout(resolve, 700))
    assert.deepEqual(known(newcomer), [0, 0])
  })

  describe('from a peer that lies', () => {
    const good = (key: PrivateKey, change: Partial<DescriptorInit> = {}): DescriptorInit => ({
      network: NETWORK,
      sequence: 1n,
      issuedAtMs: Date.now(),
      expiresAtMs: Date.now() + 60_000,
      endpoints: [{ peer: peerIdFromPrivateKey(key), addresses: [] }],
      forwarder: {},
      ...change
    })

    const at = (key: PrivateKey, address: string): Pick<DescriptorInit, 'endpoints'> => ({ endpoints: [{ peer: peerIdFromPrivateKey(key), addresses: [multiaddr(address)] }] })

    /** Where libp2p would dial. */
    async function addressesOf (node: BywayNode<Role>, key: PrivateKey): Promise<string[]> {
      const { addresses } = await node.peerStore.get(peerIdFromPrivateKey(key)).catch(() => ({ addresses: [] }))
      return addresses.map((address) => address.multiaddr.toString())
    }

    it('takes what holds, and nothing that is forged, expired, altered or of another network', async () => {
      const [honest, victim, liar] = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
      const altered = (await sealDescriptor(good(victim), victim)).map((byte, i, { length }) => i === length - 1 ? byte ^ 1 : byte)
      const forged = await forge(good(victim), victim, liar)
      const expired = await sealDescriptor(good(victim, { issuedAtMs: Date.now() - 300_000, expiresAtMs: Date.now() - 120_000 }), victim)
      const foreign = await sealDescriptor(good(victim, { network: 'another' }), victim)
      const newcomer = await joinThrough(await listenAs({
        self: await sealDescriptor(good(liar), liar),
        known: [altered, forged, expired, foreign, Uint8Array.of(1, 2, 3), await sealDescriptor(good(honest), honest)],
        privateKey: liar
      }))
      const { directory } = newcomer.services.byway.discovery
      await until(() => directory.get(peerIdFromPrivateKey(honest)) !== undefined, 'the honest one is known')
      assert.equal(directory.get(peerIdFromPrivateKey(victim)), undefined)
    })

    it('regression: counts a bootstrap node whose clock is not ours, and whose descriptor is of no use therefore', async () => {
      const ahead = await generateKeyPair('Ed25519')
      const newcomer = await joinThrough(await listenAs({ self: await sealDescriptor(good(ahead, { issuedAtMs: Date.now() + 180_000, expiresAtMs: Date.now() + 600_000 }), ahead), known: [], privateKey: ahead }))
      await until(() => newcomer.services.byway.discovery.clocks.peers === 1, 'it is counted')
    })

    it('does not take the descriptor of somebody else for its own', async () => {
      const [victim, liar] = await Promise.all([1, 2].map(async () => generateKeyPair('Ed25519')))
      const newcomer = await joinThrough(await listenAs({ self: await sealDescriptor(good(victim), victim), known: [], privateKey: liar }))
      await until(() => newcomer.getConnections().length > 0, 'they are connected')
      await assert.rejects(newcomer.services.byway.discovery.describe(peerIdFromPrivateKey(liar)), { name: 'NotFoundError' })
      assert.deepEqual(known(newcomer), [0, 0])
    })

    it('regression: does not take from it where somebody else is', async () => {
      const [victim, liar] = await Promise.all([1, 2].map(async () => generateKeyPair('Ed25519')))
      const trap = multiaddr('/ip4/127.0.0.1/tcp/9')
      const newcomer = await joinThrough(await listenAs({
        self: await sealDescriptor(good(liar, {
          endpoints: [{ peer: peerIdFromPrivateKey(liar), addresses: [trap] }, { peer: peerIdFromPrivateKey(victim), addresses: [trap] }]
        }), liar),
        known: [],
        privateKey: liar
      }))
      const isAt = async (key: PrivateKey): Promise<boolean> => {
        const { addresses } = await newcomer.peerStore.get(peerIdFromPrivateKey(key)).catch(() => ({ addresses: [] }))
        return addresses.some(({ multiaddr: known }) => known.equals(trap))
      }
      await until(async () => isAt(liar), 'what it says of itself is known')
      assert.equal(await isAt(victim), false)
    })

    it('regression: goes on when libp2p does not take what one says of itself', async () => {
      const [absurd, honest, liar] = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
      const newcomer = await start(host({
        network: NETWORK,
        bootstrap: await listenAs({ self: await sealDescriptor(good(liar), liar), known: await Promise.all([absurd, honest].map(async (key) => sealDescriptor(good(key, at(key, '/ip4/127.0.0.1/tcp/9')), key))), privateKey: liar })
      }), false, { start: false })
      for (const method of ['merge', 'patch'] as const) {
        const take = newcomer.peerStore[method].bind(newcomer.peerStore)
        newcomer.peerStore[method] = async (peer, ...rest) => {
          if (peer.equals(peerIdFromPrivateKey(absurd))) {
            throw new Error('too large')
          }
          return take(peer, ...rest)
        }
      }
      await newcomer.start()
      const { directory } = newcomer.services.byway.discovery
      await until(() => [absurd, honest].every((key) => directory.get(peerIdFromPrivateKey(key)) !== undefined), 'both are known')
      await until(async () => (await addressesOf(newcomer, honest)).length === 1, 'the honest one can be dialled')
    })

    it('regression: takes the addresses of the newest descriptor alone, and none of what is said of itself', async () => {
      const [moving, teller] = await Promise.all([1, 2].map(async () => generateKeyPair('Ed25519')))
      const told: Uint8Array[] = []
      const tell = async (key: PrivateKey, sequence: bigint, address: string): Promise<void> => { told.splice(0, 1, await sealDescriptor(good(key, { ...at(key, address), sequence }), key)) }
      await tell(moving, 1n, '/ip4/127.0.0.1/tcp/1')
      const privateKey = await generateKeyPair('Ed25519')
      const newcomer = await start(host({ network: NETWORK, bootstrap: await listenAs({ self: await sealDescriptor(good(teller), teller), known: told, privateKey: teller }) }), false, { privateKey })
      const { discovery } = newcomer.services.byway
      const isAt = async (address: string): Promise<boolean> => (await addressesOf(newcomer, moving)).join() === address
      await until(async () => isAt('/ip4/127.0.0.1/tcp/1'), 'where it is')
      await tell(moving, 3n, '/ip4/127.0.0.1/tcp/3')
      discovery.refresh()
      await until(async () => isAt('/ip4/127.0.0.1/tcp/3'), 'where it is now')
      for (const [key, sequence] of [[moving, 2n], [privateKey, 2n]] as const) {
        let asked = 0
        await tell(key, sequence, '/ip4/127.0.0.1/tcp/2')
        const { has } = discovery.directory
        discovery.directory.has = function (bytes) {
          asked++
          return has.call(this, bytes)
        }
        discovery.refresh()
        await until(() => asked > 1, 'it is told')
      }
      assert.ok(await isAt('/ip4/127.0.0.1/tcp/3'))
      assert.ok(!(await addressesOf(newcomer, privateKey)).includes('/ip4/127.0.0.1/tcp/2'))
    })

    it('takes the newest of what several peers say of a peer that cannot be asked itself', async () => {
      const [hidden, ...tellers] = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
      const addresses: Multiaddr[] = []
      for (const [i, key] of tellers.entries()) {
        const of = await sealDescriptor(good(hidden, { sequence: BigInt(10 + i), forwarder: undefined, host: { access: [] } }), hidden)
        addresses.push(...await listenAs({ self: await sealDescriptor(good(key), key), known: [], find: of, privateKey: key }))
      }
      const newcomer = await joinThrough(addresses)
      await until(() => newcomer.getConnections().length === 2, 'both are connected')
      const { sequence } = await newcomer.services.byway.discovery.describe(peerIdFromPrivateKey(hidden))
      assert.equal(sequence, 11n)
    })

    it('regression: gives up with the reason of who asks when he asks no longer, and not as if nobody knew', async () => {
      const [unknown, teller] = await Promise.all([1, 2].map(async () => generateKeyPair('Ed25519')))
      const newcomer = await joinThrough(await listenAs({ self: await sealDescriptor(good(teller), teller), known: [], privateKey: teller }))
      const { discovery } = newcomer.services.byway
      const reason = new Error('had enough')
      const peer = peerIdFromPrivateKey(unknown)
      await assert.rejects(discovery.describe(peer, { signal: AbortSignal.abort(reason) }), reason)
      await assert.rejects(discovery.describeApplication(peer, { signal: AbortSignal.abort(reason) }), reason)
      await assert.rejects(newcomer.services.byway.open(peer, { signal: AbortSignal.abort(reason) }), reason)
      await assert.rejects(newcomer.services.byway.offers(peer, { signal: AbortSignal.abort(reason) }), reason)
    })

    it('regression: keeps to the newer one that it knows where whoever answers has an older one', async () => {
      const [hidden, teller] = await Promise.all([1, 2].map(async () => generateKeyPair('Ed25519')))
      const numbered = async (sequence: bigint): Promise<Uint8Array> => sealDescriptor(good(hidden, { sequence, forwarder: undefined, host: { access: [] } }), hidden)
      const newcomer = await joinThrough(await listenAs({ self: await sealDescriptor(good(teller), teller), known: [], find: await numbered(10n), privateKey: teller }))
      await until(() => newcomer.getConnections().length === 1, 'they are connected')
      const { discovery } = newcomer.services.byway
      discovery.learn(await openDescriptor(await numbered(12n), discovery.verification))
      const { sequence } = await discovery.describe(peerIdFromPrivateKey(hidden), { fresh: true })
      assert.equal(sequence, 12n)
    })

    it('takes the host with the newest binding of those that say to speak for an application, and none that only says so', async () => {
      const [application, former, present, impostor, ...tellers] = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(async () => generateKeyPair('Ed25519')))
      const bindingOf = async (host: PrivateKey, issuedAtMs: number): Promise<Uint8Array> => sealBinding({
        underlay: peerIdFromPrivateKey(host), network: NETWORK, issuedAtMs, expiresAtMs: issuedAtMs + 60_000
      }, application)
      const earlier = await bindingOf(former, Date.now() - 2_000)
      const told: Array<[host: PrivateKey, binding: Uint8Array, sequence: bigint]> = [
        [former, earlier, 9n],
        [present, await bindingOf(present, Date.now() - 1_000), 1n],
        [impostor, earlier, 99n]
      ]
      const addresses: Multiaddr[] = []
      for (const [i, [key, binding, sequence]] of told.entries()) {
        const of = await sealDescriptor(good(key, { sequence, forwarder: undefined, host: { access: [], binding } }), key)
        addresses.push(...await listenAs({ self: await sealDescriptor(good(tellers[i]), tellers[i]), known: [], findApplication: of, privateKey: tellers[i] }))
      }
      const newcomer = await joinThrough(addresses.slice(0, 2))
      await until(() => newcomer.getConnections().length === 2, 'they are connected')
      const { discovery } = newcomer.services.byway
      const { peer } = await discovery.describeApplication(peerIdFromPrivateKey(application), { ask: addresses.slice(2) })
      assert.equal(peer.toString(), peerIdFromPrivateKey(present).toString())
      await assert.rejects(discovery.describeApplication(peerIdFromPrivateKey(former)), { name: 'NotFoundError' })
    })
  })

  async function start<R extends Role> (role: NodeInit<R>['role'], servesDht: boolean, change: Partial<NodeInit<R>> = {}): Promise<BywayNode<R>> {
    const privateKey = await generateKeyPair('Ed25519')
    const node = await createNode({ role, privateKey, listen: ['/ip4/127.0.0.1/tcp/0'], network: NETWORK, servesDht, isLocal: true, ...change })
    started.push(node)
    return node
  }

  async function joinThrough (bootstrap: Multiaddr[]): Promise<BywayNode<Host>> {
    return start(host({ network: NETWORK, bootstrap }), false)
  }
})

/** A peer that serves these bytes, whatever they are. */
async function listenAs (served: { self: Uint8Array, known: Uint8Array[], find?: Uint8Array, findApplication?: Uint8Array, privateKey: PrivateKey }): Promise<Multiaddr[]> {
  const node = await createBareNode({ privateKey: served.privateKey })
  await serveDescriptors(node.services.internals.registrar, { self: async () => served.self, known: () => served.known, find: () => served.find, findApplication: () => served.findApplication })
  return node.getMultiaddrs()
}

/** The victim's descriptor with the liar's key and signature around it. */
async function forge (init: DescriptorInit, victim: PrivateKey, liar: PrivateKey): Promise<Uint8Array> {
  const genuine = await sealDescriptor(init, victim)
  const key = liar.publicKey.raw
  const at = Buffer.from(genuine).indexOf(victim.publicKey.raw)
  assert.ok(at > 0)
  const forged = Uint8Array.from(genuine)
  forged.set(key, at)
  return forged
}

/** Says nothing about itself: only the DHT that it serves is of use. */
class Nothing implements Role {
  isUseful (): boolean {
    return true
  }

  start (): void {}

  stop (): void {}
}

/** Known forwarders and RSPs. */
function known (node: { services: { byway: { discovery: Discovery } } }): number[] {
  const { directory } = node.services.byway.discovery
  return [directory.ofRole('forwarder').length, directory.ofRole('rsp').length]
}

/** Does the DHT name anybody who has this role? */
async function isProvided (seed: BywayNode<Role>, role: RoleName): Promise<boolean> {
  for await (const _ of seed.contentRouting.findProviders(roleKey(NETWORK, role), { signal: AbortSignal.timeout(1_000) })) {
    return true
  }
  return false
}
