// Set-up by a host over forwarders that ask it for work.
import assert from 'node:assert/strict'
import { MAX_PUZZLE_BITS, MessageType } from '../../protocols/setup/constants.ts'
import { OverQuotaError } from '../../protocols/errors.ts'
import { PathInstaller } from '../../src/host/path-installer.ts'
import { PuzzleBudget } from '../../src/host/puzzle-budget.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { decodeInstall } from '../../protocols/setup/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { offerOver } from '../helpers/offers.ts'
import { SILENT, VirtualOverlay } from '../helpers/virtual-overlay.ts'
import type { Endpoint } from '../../src/link/endpoint.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'
import type { VirtualForwarder, VirtualHost } from '../helpers/virtual-overlay.ts'

/** Soon solved; the budgets of these tests are of so many such puzzles. */
const BITS = 6
const PUZZLE = 2 ** (BITS - MAX_PUZZLE_BITS)

describe('path installer', () => {
  it('works for forwarders that ask for it, in one set-up for several of them', async () => {
    const world = await World.create(100)
    const [first, second] = world.forwarders
    world.askForWork(first, [0])
    world.askForWork(second, [1])
    await world.install()
    assert.equal(world.solved, 3)
  })

  it('regression: sets up a path of which each node asks for work, one after the other', async () => {
    const world = await World.create(100, 5)
    for (const [index, node] of [...world.forwarders, world.destination].entries()) {
      world.askForWork(node, [index])
    }
    await world.install()
    assert.equal(world.solved, 1 + 2 + 3 + 4 + 5 + 6)
  })

  for (const { forwarders, most } of [{ forwarders: 1, most: 4 }, { forwarders: 3, most: 6 }, { forwarders: 12, most: 8 }]) {
    it(`tries ${most} times where the first forwarder of ${forwarders} asks without end`, async () => {
      const world = await World.create(100, forwarders)
      world.askForWork(world.forwarders[0], [0], Infinity)
      await assert.rejects(world.install(), SetupFailedError)
      assert.equal(world.overlay.messages.filter(({ type }) => type === MessageType.install).length, most)
    })
  }

  it('regression: does for a forwarder that asks again and again what its budget allows, and no more until that has filled again', async () => {
    const world = await World.create(20)
    world.askForWork(world.forwarders[0], [0, 1], Infinity)
    for (let time = 0; time < 50; time++) {
      await assert.rejects(world.install())
    }
    assert.ok(world.solved > 10 && world.solved <= 20, `${world.solved} puzzles`)
    await assert.rejects(world.install(), OverQuotaError)
    await world.overlay.advance(100)
    await assert.rejects(world.install(), SetupFailedError)
  })

  it('regression: does not work for what was asked before, nor for more than six puzzles of the most bits in one set-up', async () => {
    const world = await World.create(100)
    world.askForWork(world.forwarders[0], [0])
    await world.install()
    await world.install()
    // the second shows the cookie, and is done
    assert.equal(world.solved, 1)
    const work = new PuzzleBudget({ now: () => 0 }).ofOneSetUp()
    for (let puzzle = 0; puzzle < 6; puzzle++) {
      work.spend(MAX_PUZZLE_BITS)
    }
    assert.throws(() => { work.spend(BITS) }, OverQuotaError)
  })
})

class World {
  readonly overlay: VirtualOverlay
  readonly forwarders: VirtualForwarder[]
  readonly destination: VirtualHost
  /** Puzzles that came solved, each counted with every install that brings it. */
  solved = 0
  readonly #path: OfferedPath
  readonly #installer: PathInstaller

  private constructor (overlay: VirtualOverlay, forwarders: VirtualForwarder[], path: OfferedPath, destination: VirtualHost, installer: PathInstaller) {
    this.overlay = overlay
    this.forwarders = forwarders
    this.#path = path
    this.destination = destination
    this.#installer = installer
  }

  static async create (puzzles: number, forwarderCount = 2): Promise<World> {
    const overlay = new VirtualOverlay()
    const forwarders = await Promise.all(Array.from({ length: forwarderCount }, async (_, i) => overlay.addForwarder(10 + i)))
    const [source, destination] = [await overlay.addHost(1), await overlay.addHost(2)]
    const path = await offerOver({ rsp: await keyOf(90), forwarders: forwarders.map(({ peer }) => peer), source: source.peer, destination: destination.peer, nowMs: overlay.nowUnixMs() })
    const { now, startTimer } = overlay.timers
    const installer = new PathInstaller({
      self: source.peer,
      privateKey: source.key,
      endpoint: { labels: source.labels, self: nodeIdOf(source.peer) } as unknown as Endpoint,
      client: overlay.clientOf(source.peer),
      now,
      nowUnixMs: overlay.nowUnixMs,
      startTimer,
      puzzles: new PuzzleBudget({ now, burst: puzzles * PUZZLE }),
      log: SILENT
    })
    return new World(overlay, forwarders, path, destination, installer)
  }

  async install (): Promise<void> {
    await this.#installer.install(this.#path, this.destination.peer)
  }

  /** The node asks for work in the names of these nodes in turn; a fresh one each time where `times` is Infinity, else until it is shown a cookie. */
  askForWork (node: VirtualForwarder | VirtualHost, indexes: readonly number[], times = 1): void {
    const { handle } = node
    let asked = 0
    node.handle = (request, caller) => {
      if (request.type === MessageType.install) {
        const { proofs, index: own } = decodeInstall(request.body)
        this.solved += own === 0 ? proofs.filter(({ solution }) => solution !== undefined).length : 0
        const index = indexes[asked % indexes.length]
        if (times === Infinity || !proofs.some((proof) => proof.index === index)) {
          asked++
          throw new SetupFailedError('busy', { code: 'OVER_QUOTA', index, challenge: { cookie: crypto.getRandomValues(new Uint8Array(20)), bits: BITS } })
        }
      }
      return handle(request, caller)
    }
  }
}
