import assert from 'node:assert/strict'
import { MessageType } from '../../protocols/setup/constants.ts'
import { UnavailableError } from '../../protocols/errors.ts'
import { encodeRemove } from '../../protocols/setup/codec.ts'
import { VirtualOverlay, settled } from '../helpers/virtual-overlay.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { offerOver } from '../helpers/offers.ts'
import type { Fault, VirtualForwarder, VirtualHost } from '../helpers/virtual-overlay.ts'
import type { Link } from '../../src/link/link.ts'
import type { InstalledPath } from '../../src/host/installed-path.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'
import type { SetUpStyle } from '../../src/host/set-up-style.ts'

const STYLES: SetUpStyle[] = ['one-pass', 'hop-by-hop']
const RSP = await keyOf(90)

describe('setting up a path, in virtual time', () => {
  let overlay: VirtualOverlay
  let forwarders: VirtualForwarder[]
  let source: VirtualHost
  let destination: VirtualHost

  beforeEach(async () => {
    overlay = new VirtualOverlay()
    forwarders = [await overlay.addForwarder(10), await overlay.addForwarder(11), await overlay.addForwarder(12)]
    source = await overlay.addHost(1)
    destination = await overlay.addHost(2)
  })

  async function offer (change: Partial<Parameters<typeof offerOver>[0]> = {}): Promise<OfferedPath> {
    return offerOver({ rsp: RSP, forwarders: forwarders.map(({ peer }) => peer), source: source.peer, destination: destination.peer, nowMs: overlay.nowUnixMs(), ...change })
  }

  async function install (style: SetUpStyle, path?: OfferedPath): Promise<InstalledPath> {
    const installed = await source.installer.install(path ?? await offer(), destination.peer, { style })
    await settled()
    return installed
  }

  /** Entries at each forwarder, then labels at source and destination. */
  function left (): number[] {
    return [...forwarders.map(({ table }) => table.size), source.labels.size, destination.labels.size]
  }

  it('regression: has a link that is missing made on the account of an address prefix, though a forwarder brings the pass', async () => {
    overlay.unlinked.add(forwarders[2].peer.toString())
    await assert.rejects(install('one-pass'), { code: 'UNAVAILABLE' })
    assert.deepEqual(overlay.askers, ['192.0.2.0/24'])
    assert.deepEqual(left(), [0, 0, 0, 0, 0])
  })

  describe('over a link that is being made', () => {
    let asked: () => number

    beforeEach(() => {
      asked = () => overlay.messages.filter(({ to, type }) => to.equals(forwarders[1].peer) && type === MessageType.install).length
    })

    it('regression: waits until the next hop has one back, though ours stands', async () => {
      const made = Promise.withResolvers<Link>()
      overlay.making.set(forwarders[1].peer.toString(), made.promise)
      const path = install('one-pass')
      await settled()
      assert.equal(asked(), 0)
      made.resolve(forwarders[0].links.get(forwarders[1].peer) as Link)
      assert.ok((await path).isUp)
      assert.deepEqual(left(), [1, 1, 1, 1, 1])
    })

    it('fails where that fails, unless the next hop has made one meanwhile', async () => {
      const key = forwarders[1].peer.toString()
      for (const stands of [false, true]) {
        const made = Promise.withResolvers<Link>()
        overlay.making.set(key, made.promise)
        const path = install('one-pass')
        await settled()
        if (!stands) {
          overlay.unlinked.add(key)
        }
        made.reject(new UnavailableError('it does not answer'))
        if (stands) {
          assert.ok((await path).isUp)
        } else {
          await assert.rejects(path, { code: 'UNAVAILABLE' })
          overlay.unlinked.delete(key)
        }
      }
      assert.deepEqual([left(), overlay.askers], [[1, 1, 1, 1, 1], []])
    })
  })

  for (const style of STYLES) {
    describe(style, () => {
      it('leaves an entry at each forwarder and a label at each end', async () => {
        await install(style)
        assert.deepEqual(left(), [1, 1, 1, 1, 1])
        assert.deepEqual(forwarders.map(({ service }) => service.unbound), [0, 0, 0])
      })

      it('lives as long as it is refreshed', async () => {
        const path = await install(style)
        await overlay.advance(200_000)
        assert.ok(path.isUp)
        assert.deepEqual(left(), [1, 1, 1, 1, 1])
      })

      it('is gone everywhere within 60 s of silence', async () => {
        await install(style)
        await overlay.advance(25_000)
        overlay.fault = ({ from }) => from.equals(source.peer) ? 'request lost' : undefined
        await overlay.advance(60_000)
        assert.deepEqual(left(), [0, 0, 0, 0, 0])
      })

      it('is gone everywhere at once when it is removed, and counted as removed once at each', async () => {
        const path = await install(style)
        await path.remove()
        await settled()
        assert.deepEqual(left(), [0, 0, 0, 0, 0])
        assert.deepEqual(forwarders.map(({ service }) => service.counters.removed), [1, 1, 1])
      })

      it('ends with its offer, however much it is refreshed', async () => {
        const path = await install(style, await offer({ expiresAtMs: overlay.nowUnixMs() + 90_000 }))
        await overlay.advance(80_000)
        assert.deepEqual(left(), [1, 1, 1, 1, 1])
        await overlay.advance(15_000)
        assert.deepEqual(left(), [0, 0, 0, 0, 0])
        assert.ok(!path.isUp)
      })

      it('leaves nothing anywhere when the destination declines', async () => {
        destination.accepts = () => false
        await assert.rejects(install(style), { code: 'NOT_AUTHORIZED', index: 3 })
        await settled()
        assert.deepEqual(left(), [0, 0, 0, 0, 0])
      })

      it('leaves nothing anywhere when any forwarder refuses', async () => {
        for (const forwarder of forwarders) {
          forwarder.policy.revoke((await offer()).rsp)
          await assert.rejects(install(style), { code: 'NOT_AUTHORIZED' })
          await settled()
          assert.deepEqual(left(), [0, 0, 0, 0, 0])
          forwarder.policy.reinstate((await offer()).rsp)
        }
      })

      for (const fault of ['request lost', 'answer undelivered', 'answer lost'] satisfies Fault[]) {
        it(`leaves nothing after ten seconds when any one message breaks off (${fault})`, async () => {
          let broken = 0
          for (let nth = 0; nth < 12; nth++) {
            let count = 0
            overlay.fault = ({ type }) => (type === MessageType.install || type === MessageType.bind) && count++ === nth ? fault : undefined
            const path = await install(style).catch(() => undefined)
            overlay.fault = () => undefined
            if (path !== undefined) {
              await path.remove()
              break
            }
            broken++
            await overlay.advance(10_100)
            assert.deepEqual(left(), [0, 0, 0, 0, 0], `message ${nth}`)
          }
          assert.ok(broken >= 4, `${broken} messages were broken off`)
        })
      }
    })
  }

  it('regression: counts no removal of what is not there', async () => {
    const [{ service }] = forwarders
    const caller = { peer: source.peer, gate: { peer: source.peer.toString(), prefix: '192.0.2.0/24', isForwarder: false } }
    for (const remove of [{ label: { slot: 1, check: 1 } }, { orderId: new Uint8Array(16) }]) {
      const body = encodeRemove(remove)
      await service.handle({ type: MessageType.remove, body, frameBytes: body.length + 8 }, caller)
    }
    assert.equal(service.counters.removed, 0)
  })

  describe('with a next hop that does not answer', () => {
    const AMPLE = { maxPaths: 16_384, limits: { checksPerSecond: 10_000, checkBurst: 10_000, prefixBurst: 10_000 } }
    const HOSTS = 8
    const PASSES = 40
    let silent: VirtualForwarder

    beforeEach(async () => {
      forwarders = [await overlay.addForwarder(20, AMPLE), await overlay.addForwarder(21, AMPLE)]
      silent = await overlay.addForwarder(22, AMPLE)
      overlay.fault = ({ to, type }) => to.equals(silent.peer) && type === MessageType.install ? 'silence' : undefined
    })

    /** Many passes of some hosts, over the first two forwarders to the silent one. */
    async function crowd (prefixOf = (number: number) => `198.51.${number}.0/24`): Promise<Array<Promise<unknown>>> {
      const passes: Array<Promise<unknown>> = []
      for (let number = 0; number < HOSTS; number++) {
        const host = await overlay.addHost(100 + number, prefixOf(number))
        for (let pass = 0; pass < PASSES; pass++) {
          const path = await offer({ source: host.peer, forwarders: [...forwarders, silent].map(({ peer }) => peer) })
          passes.push(host.installer.install(path, destination.peer, { style: 'one-pass' }).catch((error: unknown) => error))
        }
      }
      await settled()
      return passes
    }

    it('other passes of the same hop before it go on: it holds only so many of their places', async () => {
      const passes = await crowd()
      assert.ok((await install('one-pass')).isUp)
      const asked = overlay.messages.filter(({ to, type }) => to.equals(silent.peer) && type === MessageType.install)
      assert.equal(asked.length, 64)
      await overlay.advance(10_000)
      assert.equal((await Promise.all(passes)).filter((error) => error instanceof Error).length, HOSTS * PASSES)
      assert.deepEqual(forwarders.map(({ table }) => table.size), [1, 1], 'and it leaves nothing behind')
    })

    it('nobody waits for it for long once half of the places for it are taken', async () => {
      const [first] = forwarders
      overlay.fault = ({ to, type }) => to.equals(forwarders[1].peer) && type === MessageType.install ? 'silence' : undefined
      const passes = await crowd()
      const deadlines = overlay.messages.filter(({ from, type }) => from.equals(first.peer) && type === MessageType.install).map(({ deadlineMs }) => deadlineMs)
      assert.deepEqual([deadlines.length > 80, deadlines.filter((ms) => ms === 9_500).length, deadlines.every((ms) => ms === 9_500 || ms === 2_500)], [true, 64, true])
      await overlay.advance(10_000)
      await Promise.all(passes)
    })

    it('regression: hosts of one address prefix hold a fifth of the places for it, however many they are, and others go over the same link', async () => {
      const passes = await crowd(() => '198.51.100.0/24')
      const asked = (to: VirtualForwarder): number => overlay.messages.filter((message) => message.to.equals(to.peer) && message.type === MessageType.install).length
      assert.deepEqual([asked(forwarders[1]), asked(silent)], [26, 26])
      assert.ok((await install('one-pass')).isUp)
      await overlay.advance(10_000)
      assert.equal((await Promise.all(passes)).filter((error) => error instanceof Error).length, HOSTS * PASSES)
      assert.deepEqual(forwarders.map(({ table }) => table.size), [1, 1], 'and it leaves nothing behind')
    })
  })
})
