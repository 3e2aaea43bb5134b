// The processes of the soak test: five that stay and are under test, one in which others come and go, and victims.
import { pause } from '../../../src/discovery/pause.ts'
import { Child } from '../child-process.ts'
import type { CastInit, Visits } from './cast-process.ts'
import type { SceneryStarted } from './scenery-process.ts'
import type { Started, StayingInit, StayingRole } from './staying-process.ts'

const STAYING: readonly StayingRole[] = ['forwarder', 'rsp', 'surveyor', 'host']
const FLAGS = ['--expose-gc']

export class SoakOverlay {
  /** All that are observed, by name. */
  readonly children = new Map<string, Child>()
  readonly #victims = new Set<Child>()
  /** Peer ids of those who stay, as text. */
  known: string[] = []
  #cast: CastInit | undefined

  async start (seed: number): Promise<void> {
    const scenery = this.#child('scenery', 'scenery-process')
    const { seeds, ids, host: callee } = await scenery.ask<SceneryStarted>('start')
    const started = await Promise.all(STAYING.map(async (role) => this.#child(role, 'staying-process').ask<Started>('start', { role, seeds, seed } satisfies StayingInit)))
    this.#child('cast', 'cast-process')
    this.known = [...ids, ...started.map(({ id }) => id)]
    const subject = started[STAYING.indexOf('host')]
    const caller = { id: subject.id, address: subject.addresses[0] }
    this.#cast = { seeds, seed, destinations: [caller, caller, callee], targets: [...seeds, ...started.flatMap(({ addresses }) => addresses.slice(0, 1))] }
  }

  /** The cast come and leave, and a host that stays calls another one. */
  async introduce (staysMs: number): Promise<void> {
    await this.#of('cast').ask('introduce', { ...this.#cast, staysMs })
    await this.#of('host').ask('introduce', this.#cast?.destinations.at(-1)?.id)
  }

  async beginChurn (): Promise<void> {
    await Promise.all(this.#churning.map(async (name) => this.#of(name).ask('begin', this.#cast)))
  }

  async endChurn (): Promise<void> {
    this.killVictims()
    await Promise.all(this.#churning.map(async (name) => this.#of(name).ask('end')))
  }

  async visits (): Promise<Visits> {
    return this.#of('cast').ask('visits')
  }

  /** Lives, is stopped for a while in half of the cases so that its connections stand and nobody answers, and is killed. */
  async victim (livesMs: number, isStopped: boolean, stoppedMs: number, signal: AbortSignal): Promise<void> {
    const child = new Child('soak/victim-process', FLAGS)
    this.#victims.add(child)
    try {
      // on a busy machine one may not even come to life in time: then it dies young
      await child.ask('begin', this.#cast).catch(() => {})
      await pause(livesMs, signal)
      if (isStopped) {
        child.signal('SIGSTOP')
        await pause(stoppedMs, signal)
      }
    } finally {
      child.signal('SIGKILL')
      this.#victims.delete(child)
    }
  }

  /** A stopped process would outlive us. */
  killVictims (): void {
    for (const victim of this.#victims) {
      victim.signal('SIGKILL')
    }
  }

  async stop (): Promise<void> {
    this.killVictims()
    await Promise.all([...this.children.values()].map(async (child) => child.stop()))
  }

  get #churning (): string[] {
    return ['cast', ...STAYING]
  }

  #child (name: string, module: string): Child {
    const child = new Child(`soak/${module}`, FLAGS)
    this.children.set(name, child)
    return child
  }

  #of (name: string): Child {
    return this.children.get(name) as Child
  }
}
