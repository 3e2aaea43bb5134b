// A flood of set-ups over real processes: the forwarder, fifty attackers and the honest hosts each have their own. Honest set-ups have
// to show a path that is new to the forwarder, so each of them needs a signature check like those of the attackers.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fromString } from 'uint8arrays/from-string'
import { createNode } from '../../src/node/libp2p.ts'
import { host } from '../../src/host/host.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { offerOver } from '../helpers/offers.ts'
import { until } from '../helpers/testnet.ts'
import { ATTACKERS, CHECKS_PER_SECOND, FLOOD_NETWORK, HONEST_HOSTS, OFFERED_PER_SECOND, cast } from './flood-cast.ts'
import type { ChildProcess } from 'node:child_process'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { ForwarderReport, Member } from './flood-cast.ts'
import type { Host } from '../../src/host/host.ts'

const isFromSource = import.meta.url.endsWith('.ts')
const IDLE_S = 8
const FLOOD_S = 10
/** Into the flood, until the queue has filled. */
const LEAD_MS = 500
const ATTACH_DEADLINE_MS = 15_000
/** Loopback is so fast that the noise of a shared machine would be most of the limit. */
const SHORTEST_IDLE_P99_MS = 10
const MAX_SLOWER = 3
const MIN_SUCCESS = 0.99
/** Each caller in two tables at most, each prefix in one. */
const MAX_TABLE_ENTRIES = 500
const MAX_RSS_GROWTH_BYTES = 96e6

/** What became of honest set-ups. */
interface Fate {
  asked: number
  latenciesMs: number[]
  errors: string[]
}

describe('a flood of set-ups over real processes', function () {
  this.timeout(60_000)

  const children: ChildProcess[] = []
  const nodes: Array<BywayNode<Host>> = []
  let forwarder: ChildProcess
  let attackers: ChildProcess

  function start (name: string): ChildProcess {
    const file = fileURLToPath(new URL(`${name}${isFromSource ? '.ts' : '.js'}`, import.meta.url))
    const child = fork(file, { execArgv: isFromSource ? ['--import=tsx'] : [] })
    children.push(child)
    return child
  }

  async function heard<T> (child: ChildProcess): Promise<T> {
    const [message] = await once(child, 'message') as [T]
    return message
  }

  async function hostOf ({ key }: Member): Promise<BywayNode<Host>> {
    const node = await createNode({ role: host({ network: FLOOD_NETWORK }), privateKey: key, listen: ['/ip4/127.0.0.1/tcp/0'], network: FLOOD_NETWORK, servesDht: false, isLocal: true })
    nodes.push(node)
    return node
  }

  async function report (): Promise<ForwarderReport> {
    forwarder.send({ ask: true })
    return (await heard<{ report: ForwarderReport }>(forwarder)).report
  }

  before(async () => {
    forwarder = start('./flood-forwarder')
    const { addresses, descriptor } = await heard<{ addresses: string[], descriptor: string }>(forwarder)
    attackers = start('./flood-attackers')
    attackers.send({ address: addresses[0] })
    const isReady = heard(attackers)
    for (const member of [cast.destination, ...cast.honest]) {
      const { discovery } = (await hostOf(member)).services.byway
      discovery.learn(await openDescriptor(fromString(descriptor, 'base64'), discovery.verification))
    }
    await until(() => nodes.every(({ services }) => services.byway.access.isAttached(cast.forwarder.peer)), 'all hosts are attached', ATTACH_DEADLINE_MS)
    await isReady
  })

  after(async () => {
    await Promise.all(nodes.map(async (node) => { await node.stop() }))
    await Promise.all(children.map(async (child) => {
      child.disconnect()
      await once(child, 'exit')
    }))
  })

  /** One set-up of each host each second. */
  async function askFor (seconds: number): Promise<Fate> {
    const fate: Fate = { asked: 0, latenciesMs: [], errors: [] }
    const [destination, ...sources] = nodes
    await Promise.all(sources.map(async ({ peerId, services }, number) => {
      const startedMs = performance.now() + number * 1_000 / HONEST_HOSTS
      for (let second = 0; second < seconds; second++) {
        const offer = await offerOver({ rsp: cast.rsp.key, forwarders: [cast.forwarder.peer], source: peerId, destination: destination.peerId })
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedMs + second * 1_000 - performance.now())))
        const askedMs = performance.now()
        fate.asked++
        try {
          const { hold } = await services.byway.paths.hold(destination.peerId, { offer, want: 'labels' })
          fate.latenciesMs.push(performance.now() - askedMs)
          if (performance.now() - askedMs > 25) console.log('SLOW', number, second, Math.round(performance.now() - askedMs), Math.round(hold.isUp ? 1 : 0))
          hold.release()
        } catch (error) {
          fate.errors.push(String(error))
        }
      }
    }))
    fate.latenciesMs.sort((a, b) => a - b)
    return fate
  }

  it('at ten times what the forwarder can check leaves honest set-ups almost untouched', async () => {
    await askFor(1) // code that has not run yet is slow
    const idle = await askFor(IDLE_S)
    const before = await report()
    attackers.send({ floodMs: FLOOD_S * 1_000 + LEAD_MS })
    const isOver = heard<{ offered: number, sent: number }>(attackers)
    await new Promise((resolve) => setTimeout(resolve, LEAD_MS))
    const watched: ForwarderReport[] = []
    let isWatching = true
    const watching = (async () => {
      while (isWatching) {
        watched.push(await report())
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    })()
    const flooded = await askFor(FLOOD_S)
    isWatching = false
    await watching
    const after = await report()
    const { offered, sent } = await isOver
    const peak = (of: (report: ForwarderReport) => number): number => Math.max(...[...watched, after].map(of))
    const seconds = FLOOD_S + LEAD_MS / 1_000
    const [idleP99, floodP99] = [idle, flooded].map(({ latenciesMs }) => quantile(latenciesMs, 0.99))
    const growth = peak(({ rssBytes }) => rssBytes) - before.rssBytes
    console.log(`    ${ATTACKERS} attackers offered ${Math.round(offered / seconds)}/s (${Math.round(sent / seconds)}/s sent, ${Math.round((after.checksStarted - before.checksStarted) / seconds)} checks/s): ` +
      `${flooded.latenciesMs.length} of ${flooded.asked} honest set-ups done, p50 ${quantile(flooded.latenciesMs, 0.5).toFixed(1)} ms, p99 ${floodP99.toFixed(1)} ms ` +
      `(idle p50 ${quantile(idle.latenciesMs, 0.5).toFixed(1)} ms, p99 ${idleP99.toFixed(1)} ms); tables ${peak(({ tableEntries }) => tableEntries)}, queue ${peak(({ queued }) => queued)}, ` +
      `RSS +${(growth / 1e6).toFixed(0)} MB, CPU ${Math.round((after.cpuSeconds - before.cpuSeconds) / seconds * 100)} %`)
    console.log('TAIL ' + JSON.stringify([flooded.latenciesMs.slice(-8).map(Math.round), idle.latenciesMs.slice(-8).map(Math.round), watched.map(({bits})=>bits).join(), watched.map(({queued})=>queued).join()]))
    assert.deepEqual(idle.errors, [])
    assert.ok(offered >= 0.95 * OFFERED_PER_SECOND * seconds, `${offered} were offered`)
    assert.ok(after.checksStarted - before.checksStarted <= (CHECKS_PER_SECOND * 1.1 + 10) * seconds + CHECKS_PER_SECOND, 'no more checks than the forwarder wants')
    assert.ok(flooded.latenciesMs.length >= MIN_SUCCESS * flooded.asked, flooded.errors.join('\n'))
    assert.ok(floodP99 <= MAX_SLOWER * Math.max(idleP99, SHORTEST_IDLE_P99_MS), `p99 is ${floodP99} ms, idle ${idleP99} ms`)
    assert.ok(peak(({ tableEntries }) => tableEntries) <= MAX_TABLE_ENTRIES)
    assert.ok(peak(({ queued }) => queued) <= 1_024)
    assert.ok(growth <= MAX_RSS_GROWTH_BYTES, `${growth} bytes`)
  })
})

function quantile (sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
}
