import assert from 'node:assert/strict'
import { InstalledPaths } from '../../src/host/installed-paths.ts'
import { UnavailableError } from '../../protocols/errors.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { settled } from '../helpers/virtual-overlay.ts'
import type { InstalledPathsInit } from '../../src/host/installed-paths.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'
import type { PeerId } from '@libp2p/interface'

const [SELF, ENTRY, DESTINATION, RSP] = await Promise.all([1, 2, 3, 4].map(peerOf))
const offer = { forwarders: [ENTRY] } as unknown as OfferedPath

describe('installed paths', () => {
  it('regression: let go of an entry forwarder to which they cannot attach', async () => {
    const asking = new Set<object>()
    const paths = new InstalledPaths({
      self: SELF,
      access: {
        hold: () => false,
        attachTo: async (_: unknown, __: number, askedBy: object) => {
          asking.add(askedBy)
          return false
        },
        release: (askedBy: object) => { asking.delete(askedBy) }
      },
      discovery: { describe: async () => ({ peer: ENTRY }) },
      now: () => 0,
      log: () => {}
    } as unknown as InstalledPathsInit)
    await assert.rejects(paths.install(DESTINATION, { offer }), UnavailableError)
    assert.equal(asking.size, 0)
  })

  describe('that are kept', () => {
    let world: World

    beforeEach(() => { world = new World() })

    it('regression: hold their entry although the host was attached there before', async () => {
      await world.paths.install(DESTINATION, { offer: world.path })
      assert.equal(world.holding.size, 1)
      await world.paths.remove('p1')
      assert.equal(world.holding.size, 0)
    })

    it('regression: are not kept when whoever asked has gone meanwhile, and no forwarder is asked for the next one', async () => {
      const stop = new AbortController()
      world.offered = [world.path, world.path]
      world.whileSetUp = () => { stop.abort(new Error('interrupted')) }
      await assert.rejects(world.paths.install(DESTINATION, { signal: stop.signal }), /interrupted/)
      assert.deepEqual([world.paths.list(), world.holding.size, world.setUps, world.removed], [[], 0, 1, 1])
    })

    it('regression: hand the signal to those who set up', async () => {
      const { signal } = new AbortController()
      await world.paths.install(DESTINATION, { signal })
      await world.paths.install(DESTINATION, { signal, offer: world.path, style: 'hop-by-hop' })
      assert.deepEqual(world.signals, [signal, signal])
    })

    it('regression: are not kept when whoever asked has gone while they were measured', async () => {
      const stop = new AbortController()
      world.whileMeasured = () => { stop.abort(new Error('interrupted')) }
      await assert.rejects(world.paths.install(DESTINATION, { signal: stop.signal }), /interrupted/)
      assert.deepEqual([world.paths.list(), world.holding.size, world.removed], [[], 0, 1])
    })

    it('regression: are asked for ever more seldom while nobody offers them', async () => {
      await world.paths.install(DESTINATION, { offer: world.path })
      await world.run(100_000)
      world.offered = []
      world.lose()
      await world.run(3_600_000)
      assert.deepEqual(world.askedAtS.slice(0, 8), [100, 103, 109, 121, 145, 193, 289, 469])
      assert.ok(world.askedAtS.length < 30, `${world.askedAtS.length} times in an hour`)
    })

    it('are set up anew at once when they were good for a minute, whatever was before', async () => {
      await world.paths.install(DESTINATION, { offer: world.path })
      world.offered = []
      world.lose()
      await world.run(600_000)
      world.offered = [world.path]
      await world.run(220_000)
      assert.equal(world.paths.list()[0].state, 'installed')
      world.askedAtS.length = 0
      const lostAtS = world.nowMs / 1_000
      world.lose()
      await world.run(1_000)
      assert.deepEqual(world.askedAtS, [lostAtS])
      assert.equal(world.paths.list()[0].state, 'installed')
    })

    it('are set up anew more seldom when they are lost again and again', async () => {
      await world.paths.install(DESTINATION, { offer: world.path })
      world.losesAtOnce = true
      world.lose()
      await world.run(600_000)
      assert.ok(world.askedAtS.length <= 10, `${world.askedAtS.length} times in ten minutes`)
    })
  })
})

const TICK_MS = 1_000

/** A host that is attached to the entry of one path, which RSPs offer and forwarders set up at once. */
class World {
  nowMs = 0
  readonly path = { forwarders: [ENTRY], rsp: RSP, expiresAtMs: Infinity } as unknown as OfferedPath
  offered: OfferedPath[] = [this.path]
  /** Each path that is set up is lost at once. */
  losesAtOnce = false
  /** For whom the entry is held. */
  readonly holding = new Set<object>()
  readonly askedAtS: number[] = []
  setUps = 0
  removed = 0
  readonly signals: Array<AbortSignal | undefined> = []
  whileSetUp = (): void => {}
  whileMeasured = (): void => {}
  #last: { isUp: boolean } = { isUp: false }
  readonly paths = new InstalledPaths({
    self: SELF,
    access: {
      hold: (_: PeerId, askedBy: object) => this.holding.add(askedBy).has(askedBy),
      release: (askedBy: object) => { this.holding.delete(askedBy) }
    },
    installer: {
      install: async (_: OfferedPath, __: PeerId, { signal }: { signal?: AbortSignal }) => {
        this.setUps++
        this.signals.push(signal)
        this.whileSetUp()
        this.#last = { isUp: !this.losesAtOnce }
        return Object.assign(this.#last, { way: { header: new Uint8Array(14) }, addEventListener: () => {}, remove: async () => { this.removed++ } })
      }
    },
    prober: {
      probeOn: () => {
        this.whileMeasured()
        return false
      }
    },
    discovery: {},
    offers: async () => {
      this.askedAtS.push(this.nowMs / 1_000)
      return [{ paths: this.offered }]
    },
    now: () => this.nowMs,
    log: () => {}
  } as unknown as InstalledPathsInit)

  lose (): void {
    this.#last.isUp = false
  }

  async run (forMs: number): Promise<void> {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      this.paths.tick(this.nowMs)
      await settled()
    }
  }
}
