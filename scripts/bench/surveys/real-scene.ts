// Surveys and reports of the same links: real nodes on loopback, whose links have a rate and lose packets as the scene says. One RSP asks the forwarders,
// one measures for itself; both are compared with what is true.
import { createTestnet } from '../../../src/testing/testnet.ts'
import { loseSome } from '../../../src/simulation/lossy-link.ts'
import { until } from '../../../src/testing/until.ts'
import type { LinkEstimate } from '../../../src/rsp/link-view.ts'
import type { NodeName } from '../../../src/testing/latencies.ts'
import type { RouteProviderStatus } from '../../../src/rsp/rsp-status.ts'
import type { Testnet } from '../../../src/testing/testnet.ts'

export interface RealLink {
  a: number
  b: number
  rttMs: number
  bytesPerSecond: number
  /** Of either direction. */
  loss: number
}

export interface RealSceneInit {
  forwarders: number
  links: readonly RealLink[]
  accessRttMs: number
  /** Of each forwarder; see `RouteProviderInit`. */
  surveyBurstBytesPerSecond: number
  random: () => number
}

const READY_MS = 120_000
const PUMP_PACKET_BYTES = 1_000
const PUMP_QUEUED_BYTES = 150_000
const PUMP_TICK_MS = 5

export class RealScene implements AsyncDisposable {
  readonly #init: RealSceneInit
  readonly #net: Testnet

  private constructor (init: RealSceneInit, net: Testnet) {
    this.#init = init
    this.#net = net
  }

  static async start (init: RealSceneInit): Promise<RealScene> {
    const linkOf = (from: NodeName, to: NodeName): RealLink | undefined => init.links.find(({ a, b }) =>
      (from === `forwarder${a}` && to === `forwarder${b}`) || (from === `forwarder${b}` && to === `forwarder${a}`))
    const net = await createTestnet({
      forwarders: init.forwarders,
      rsps: ['surveys', 'reports'],
      latencies: (from, to) => linkOf(from, to)?.rttMs ?? init.accessRttMs,
      bandwidths: (from, to) => linkOf(from, to)?.bytesPerSecond,
      rspInit: { surveyBurstBytesPerSecond: init.surveyBurstBytesPerSecond },
      startDeadlineMs: READY_MS
    })
    const scene = new RealScene(init, net)
    try {
      await net.ready({ deadlineMs: READY_MS })
      await until(() => init.links.every(({ a, b }) => scene.linkOf(a, b) !== undefined && scene.linkOf(b, a) !== undefined), () => 'all links are up', { deadlineMs: READY_MS })
    } catch (error) {
      await net.stop()
      throw error
    }
    for (const { a, b, loss } of init.links) {
      for (const link of [scene.linkOf(a, b), scene.linkOf(b, a)]) {
        if (loss > 0 && link !== undefined) {
          loseSome(link, loss, init.random)
        }
      }
    }
    return scene
  }

  /** What an RSP believes of a link. */
  estimate (by: 'surveys' | 'reports', { a, b }: Pick<RealLink, 'a' | 'b'>): LinkEstimate | undefined {
    const { forwarders, rsps } = this.#net
    return rsps[by === 'surveys' ? 0 : 1].services.byway.map.estimate(forwarders[a].peerId.toString(), forwarders[b].peerId.toString())
  }

  get status (): RouteProviderStatus {
    return this.#net.rsps[0].services.byway.status
  }

  /** Traffic that fills a link in both directions, for so long: reports tell of rates only then. */
  async fill ({ a, b }: Pick<RealLink, 'a' | 'b'>, forMs: number): Promise<void> {
    const pump = setInterval(() => {
      for (const link of [this.linkOf(a, b), this.linkOf(b, a)]) {
        while (link !== undefined && link.queuedBytes < PUMP_QUEUED_BYTES) {
          const at = link.reserve(PUMP_PACKET_BYTES, true)
          if (at < 0) {
            break
          }
          // nobody knows this kind, so it is read, credited and dropped
          link.buffer.fill(0, at, at + PUMP_PACKET_BYTES)
          new DataView(link.buffer.buffer, link.buffer.byteOffset).setUint16(at, PUMP_PACKET_BYTES)
          link.buffer[at + 2] = 255
          link.buffer[at + 3] = 1
        }
      }
    }, PUMP_TICK_MS)
    await new Promise((resolve) => setTimeout(resolve, forMs))
    clearInterval(pump)
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.#net.stop()
  }

  /** The link end of one forwarder to another. */
  linkOf (from: number, to: number): ReturnType<Testnet['forwarders'][number]['services']['byway']['links']['get']> {
    const { forwarders } = this.#net
    return forwarders[from].services.byway.links.get(forwarders[to].peerId)
  }
}
