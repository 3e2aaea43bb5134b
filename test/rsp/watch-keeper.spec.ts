import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { DialBudget } from '../../src/defence/dial-budget.ts'
import { isLoopback } from '../../src/defence/address-prefix.ts'
import { WatchKeeper } from '../../src/rsp/watch-keeper.ts'
import { OverQuotaError } from '../../protocols/errors.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import { connectionManagerOf, FakeForwarder, silentLog } from './fake-forwarder.ts'
import type { DialGrant } from '../../src/discovery/connect.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { TestNode } from '../helpers/nodes.ts'

const DESCRIPTOR = Uint8Array.of(7)

describe('watch keeper', () => {
  let rsp: TestNode
  let keeper: WatchKeeper
  let forwarders: FakeForwarder[]
  /** By forwarder; all others where nothing is set. */
  const wanted = new Map<string, string[]>()
  /** Who answers, and who does not. */
  const said: Array<[string, boolean]> = []

  beforeEach(async () => {
    wanted.clear()
    said.length = 0
    rsp = await createNode()
    keeper = keep(false)
    forwarders = await Promise.all([1, 2, 3].map(async (number) => new FakeForwarder(await keyOf(number)).start()))
  })

  afterEach(async () => {
    keeper.stop()
    await stopNodes()
  })

  it('asks each forwarder once to watch the links that are wanted, when they came together', async () => {
    addAll()
    await until(() => forwarders.every(({ watches }) => watches.length > 0), 'all are asked')
    for (const forwarder of forwarders) {
      const [{ descriptor, targets, connectOnly }, ...more] = forwarder.watches
      assert.deepEqual(more, [])
      assert.deepEqual(descriptor, DESCRIPTOR)
      assert.equal(connectOnly, false)
      const others = forwarders.filter((other) => other !== forwarder)
      assert.deepEqual(targets.map((target) => target.join()).sort(), others.map(({ descriptor: { bytes } }) => bytes.join()).sort())
    }
  })

  it('asks for the links alone where it surveys them itself', async () => {
    keeper.stop()
    keeper = keep(true)
    addAll()
    await until(() => forwarders.every(({ watches }) => watches.length > 0), 'all are asked')
    assert.ok(forwarders.every(({ watches }) => watches[0].connectOnly))
  })

  it('asks those again whose links have changed, and no others', async () => {
    addAll()
    await until(() => forwarders.every(({ watches }) => watches.length === 1), 'all are asked')
    const [a, b, c] = forwarders
    wanted.set(a.peer.toString(), [b.peer.toString()])
    keeper.refresh([a.peer.toString()])
    await until(() => a.watches.length === 2, 'it is asked again')
    assert.deepEqual(a.watches[1].targets, [b.descriptor.bytes])
    assert.deepEqual([b.watches.length, c.watches.length], [1, 1])
  })

  it('names the most important links first, and no forwarder that it does not know', async () => {
    const [a, b, c] = forwarders
    wanted.set(a.peer.toString(), [c.peer.toString(), (await peerOf(9)).toString(), b.peer.toString()])
    addAll()
    await until(() => a.watches.length === 1, 'it is asked')
    assert.deepEqual(a.watches[0].targets, [c.descriptor.bytes, b.descriptor.bytes])
  })

  it('asks again before the lease that it got ends', async () => {
    forwarders[0].onWatch = () => ({ leaseMs: 9_600, accepted: 0, refused: [] })
    keeper.add(forwarders[0].descriptor)
    await until(() => forwarders[0].watches.length >= 2, 'it is asked again', 6_000)
  })

  it('regression: is not kept busy by a forwarder that gives no lease at all: it asks again after three seconds', async () => {
    forwarders[0].onWatch = () => ({ leaseMs: 0, accepted: 0, refused: [] })
    keeper.add(forwarders[0].descriptor)
    await until(() => forwarders[0].watches.length === 1, 'it is asked')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    assert.equal(forwarders[0].watches.length, 1)
    await until(() => forwarders[0].watches.length === 2, 'it is asked again', 4_000)
  })

  it('regression: asks a forwarder once at a time, for what is wanted when it can be reached at last', async () => {
    const [a, b, c] = forwarders
    const [dialled, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const manager = connectionManagerOf(rsp)
    keeper.stop()
    keeper = keep(false, {
      getConnections: (peer: PeerId) => manager.getConnections(peer),
      openConnection: async (...dial: Parameters<ConnectionManager['openConnection']>) => {
        dialled.resolve()
        await held.promise
        return manager.openConnection(...dial)
      }
    } as unknown as ConnectionManager)
    wanted.set(a.peer.toString(), [b.peer.toString()])
    addAll()
    await dialled.promise
    wanted.set(a.peer.toString(), [c.peer.toString()])
    keeper.refresh([a.peer.toString()])
    await new Promise((resolve) => setTimeout(resolve, 700))
    held.resolve()
    await until(() => a.watches.length > 0, 'it is asked')
    await new Promise((resolve) => setTimeout(resolve, 700))
    assert.deepEqual(a.watches.map(({ targets }) => targets), [[c.descriptor.bytes]])
  })

  it('asks again, later, a forwarder that refuses', async () => {
    forwarders[0].onWatch = () => { throw new OverQuotaError('not today') }
    keeper.add(forwarders[0].descriptor)
    await until(() => forwarders[0].watches.length === 1, 'it is asked')
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(forwarders[0].watches.length, 1)
    await until(() => forwarders[0].watches.length === 2, 'it is asked again')
  })

  it('regression: dials a forwarder that does not answer less and less often, at last each minute, whatever else is wanted of it meanwhile', async () => {
    const [{ peer, descriptor }] = forwarders
    let dials = 0
    keeper.stop()
    keeper = keep(false, { getConnections: () => [], openConnection: async () => { dials++; throw new Error('nobody there') } } as unknown as ConnectionManager)
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      keeper.add(descriptor)
      const waits: number[] = []
      for (let waitedS = 0; waits.length < 9; waitedS++) {
        const before = dials
        keeper.refresh([peer.toString()])
        mock.timers.tick(1_000)
        await new Promise((resolve) => setImmediate(resolve))
        if (dials > before) {
          waits.push(waitedS)
          waitedS = 0
        }
      }
      const bounds = [[0, 1], [2, 5], [5, 9], [11, 18], [23, 36], [47, 61], [59, 61], [59, 61], [59, 61]]
      assert.ok(waits.every((wait, at) => wait >= bounds[at][0] && wait <= bounds[at][1]), waits.join())
    } finally {
      mock.timers.reset()
    }
  })

  it('regression: tries a forwarder that has moved soon after a dial to where it was has failed', async () => {
    const [{ descriptor }] = forwarders
    const dialled: Array<ReturnType<typeof Promise.withResolvers>> = []
    keeper.stop()
    keeper = keep(false, { getConnections: () => [], openConnection: async () => { dialled.push(Promise.withResolvers()); return dialled.at(-1)?.promise } } as unknown as ConnectionManager)
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const passS = async (seconds: number): Promise<void> => {
        for (let passed = 0; passed < seconds; passed++) {
          mock.timers.tick(1_000)
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      keeper.add(descriptor)
      for (let failures = 1; failures <= 5; failures++) {
        await passS(61)
        assert.equal(dialled.length, failures)
        if (failures < 5) {
          dialled.at(-1)?.reject(new Error('nobody there'))
        }
      }
      keeper.add({ ...descriptor })
      dialled.at(-1)?.reject(new Error('nobody there'))
      await passS(11)
      assert.equal(dialled.length, 6)
    } finally {
      mock.timers.reset()
    }
  })

  it('regression: dials few addresses of a forwarder at once, however many it names, and one that answers all the same', async () => {
    const [forwarder] = forwarders
    const dialled: string[][] = []
    const dials = new DialBudget({ now: () => performance.now() })
    keeper.stop()
    const manager = connectionManagerOf(rsp)
    keeper = keep(false, {
      getConnections: (peer: PeerId) => manager.getConnections(peer),
      isDialable: async () => true,
      openConnection: async (addresses: Multiaddr[]) => {
        dialled.push(addresses.map((address) => address.getComponents()[0].value ?? ''))
        const own = addresses.filter((address) => isLoopback(address))
        return own.length === 0 ? Promise.reject(new Error('nobody there')) : manager.openConnection(own)
      }
    } as unknown as ConnectionManager, ({ peer }, dialable) => dials.choose(peer.toString(), peer, dialable))
    const victims = Array.from({ length: 15 }, (_, host) => multiaddr(`/ip4/192.0.2.${host + 1}/tcp/4001`))
    const { descriptor } = forwarder
    keeper.add({ ...descriptor, endpoints: [{ peer: forwarder.peer, addresses: victims }] })
    await until(() => dialled.length > 0, 'it is dialled')
    assert.equal(dialled[0].length, 2)
    keeper.remove(forwarder.peer.toString())
    keeper.add({ ...descriptor, endpoints: [{ peer: forwarder.peer, addresses: [...victims, ...descriptor.endpoints[0].addresses] }] })
    await until(() => forwarder.watches.length > 0, 'it is asked')
  })

  it('says when a forwarder comes, when it does not answer any more, and when it does again', async () => {
    const [{ peer, descriptor }] = forwarders
    const refuse = (): never => { throw new OverQuotaError('not today') }
    forwarders[0].onWatch = refuse
    keeper.add(descriptor)
    await until(() => said.length === 2, 'it is silent')
    forwarders[0].onWatch = () => ({ leaseMs: 120_000, accepted: 0, refused: [] })
    await until(() => said.length === 3, 'it answers')
    assert.deepEqual(said, [[peer.toString(), true], [peer.toString(), false], [peer.toString(), true]])
  })

  it('regression: takes no new descriptor, which others may bring, for an answer of a forwarder that is silent', async () => {
    const [{ descriptor, watches }] = forwarders
    forwarders[0].onWatch = () => { throw new OverQuotaError('not today') }
    keeper.add(descriptor)
    await until(() => said.length === 2, 'it is silent')
    const asked = watches.length
    keeper.add(descriptor)
    await until(() => watches.length > asked, 'it is asked again')
    assert.deepEqual(said.map(([, isAnswering]) => isAnswering), [true, false])
  })

  it('regression: tells a forwarder of one that came while it was being asked', async () => {
    forwarders[0].onWatch = (request) => {
      if (request.targets.length === 0) {
        keeper.add(forwarders[1].descriptor)
        keeper.refresh([forwarders[0].peer.toString()])
      }
      return { leaseMs: 120_000, accepted: 0, refused: [] }
    }
    keeper.add(forwarders[0].descriptor)
    await until(() => forwarders[0].watches.at(-1)?.targets.length === 1, 'it is asked again')
  })

  it('regression: tries a forwarder that is silent sooner where it has a new descriptor, but not at once', async () => {
    const [{ descriptor, watches }] = forwarders
    const askedMs: number[] = []
    forwarders[0].onWatch = () => {
      askedMs.push(performance.now())
      throw new OverQuotaError('not today')
    }
    keeper.add(descriptor)
    await until(() => watches.length === 1, 'it is asked')
    for (let renewals = 0; renewals < 10; renewals++) {
      keeper.add(descriptor)
    }
    await until(() => watches.length === 2, 'it is asked again')
    assert.ok(askedMs[1] - askedMs[0] > 2_500, 'as it would have been')
  })

  it('regression: asks a forwarder again that has a new descriptor, for it may have forgotten', async () => {
    keeper.add(forwarders[0].descriptor)
    await until(() => forwarders[0].watches.length === 1, 'it is asked')
    keeper.add(forwarders[0].descriptor)
    await until(() => forwarders[0].watches.length === 2, 'it is asked again')
  })

  it('asks no forwarder that was removed, and does not name it to others', async () => {
    addAll()
    keeper.remove(forwarders[0].peer.toString())
    await until(() => forwarders.slice(1).every(({ watches }) => watches.length > 0), 'the others are asked')
    assert.equal(forwarders[0].watches.length, 0)
    assert.ok(forwarders.slice(1).every(({ watches }) => watches[0].targets.length === 1))
  })

  it('asks nobody when it is stopped', async () => {
    addAll()
    keeper.stop()
    await new Promise((resolve) => setTimeout(resolve, 700))
    assert.ok(forwarders.every(({ watches }) => watches.length === 0))
  })

  function keep (connectOnly: boolean, connectionManager = connectionManagerOf(rsp), grant?: DialGrant): WatchKeeper {
    return new WatchKeeper({ connectionManager, grant, descriptor: async () => DESCRIPTOR, connectOnly, targetsOf, onAnswering: (...answering) => { said.push(answering) }, log: silentLog() })
  }

  function targetsOf (key: string): string[] {
    return wanted.get(key) ?? forwarders.map(({ peer }) => peer.toString()).filter((other) => other !== key)
  }

  function addAll (): void {
    for (const { descriptor } of forwarders) {
      keeper.add(descriptor)
    }
  }
})
