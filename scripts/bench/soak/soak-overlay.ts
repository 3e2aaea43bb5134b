// The processes of the soak test: those that stay, one for each node, one in which others come and go, and victims.
import { pause } from '../../../src/discovery/pause.ts'
import { Child } from '../child-process.ts'
import type { CastInit, Visits } from './cast-process.ts'
import type { Started, StayingInit, StayingRole } from './staying-process.ts'

/** Beside the bootstrap node, by the name of its process. */
const STAYING = { forwarder: 'forwarder', neighbour: 'forwarder', rsp: 'rsp', surveyor: 'surveyor', host: 'host', callee: 'callee' } as const satisfies Record<string, StayingRole>
const FLAGS = ['--expose-gc']

export class SoakOverlay {
  /** All that are observed, by name. */
  readonly children = new Map<string, Child>()
  readonly #victims = new Set<Child>()
  /** Peer ids of those who stay, as text. */
  known: string[] = []
  #cast: CastInit | undefined

  async start (seed: number): Promise<void> {
    const first = await this.#start('bootstrap', { role: 'bootstrap', seeds: [], seed })
    const seeds = first.addresses
    const names = Object.keys(STAYING) as Array<keyof typeof STAYING>
    const started = await Promise.all(names.map(async (name) => [name, await this.#start(name, { role: STAYING[name], seeds, seed })] as const))
    this.#child('cast', 'cast-process')
    const staying = Object.fromEntries(started) as Record<keyof typeof STAYING, Started>
    this.known = [first, ...Object.values(staying)].map(({ id }) => id)
    const [caller, callee] = [staying.host, staying.callee].map(({ id, addresses }) => ({ id, address: addresses[0] }))
    this.#cast = { seeds, seed, destinations: [caller, caller, callee], targets: [...seeds, ...[staying.forwarder, staying.rsp, staying.surveyor, staying.host].flatMap(({ addresses }) => addresses.slice(0, 1))] }
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
    return ['cast', ...Object.keys(STAYING)]
  }

  async #start (name: string, init: StayingInit): Promise<Started> {
    return this.#child(name, 'staying-process').ask<Started>('start', init)
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
