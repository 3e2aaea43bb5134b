/**
 * What set-up costs a forwarder: its process's CPU time around windows of pipelined exchanges (install-lane.ts). Paths are removed after
 * the window in which they were installed, which is a window of its own; none expires inside of one.
 */
import { InstallLane } from './install-lane.ts'
import { rounded } from '../statistics.ts'
import { RefreshChain } from '../../../protocols/setup/refresh-chain.ts'
import type { InstallKind } from './install-lane.ts'
import type { Label } from '../../../protocols/forward/labelled.ts'

const OUTSTANDING = 64

const VERIFIED: InstallKind = { isNewPath: true, isPassedOn: false }
const CACHED: InstallKind = { isNewPath: false, isPassedOn: false }
const VERIFIED_ONE_PASS: InstallKind = { isNewPath: true, isPassedOn: true }
const CACHED_ONE_PASS: InstallKind = { isNewPath: false, isPassedOn: true }

export interface InstallRateInit {
  /** Installs in a window whose paths are new, and in one whose paths are known. */
  verified: number
  cached: number
  /** Paths that are refreshed, and how often each. */
  refreshed: number
  refreshes: number
}

/** Per second of CPU time of the forwarder's process, all threads together. */
export interface InstallRates {
  installsPerCpuSecond: {
    /** Every path under a root that the forwarder has not seen; the source is the caller. */
    verified: number
    /** Signed paths that it has seen, new orders; the source is the caller. */
    cached: number
    /** From a forwarder, so that the order's signature is checked as well. */
    verifiedOnePass: number
    cachedOnePass: number
  }
  refreshesPerCpuSecond: number
  removalsPerCpuSecond: number
  /** In the window of cached installs: by the clock, and the share of a core that the forwarder used. */
  cachedPerSecond: number
  forwarderLoad: number
}

interface Window { perCpuSecond: number, perSecond: number, load: number }

/** Takes 15 to 30 s of two cores. */
export async function measureInstallRates (init: InstallRateInit): Promise<InstallRates> {
  const lane = await InstallLane.start()
  try {
    // code that is not optimized yet is nobody's usual cost
    await installs(lane, VERIFIED, init.verified)
    for (const kind of [CACHED, VERIFIED_ONE_PASS, CACHED_ONE_PASS]) {
      await installs(lane, kind, Math.ceil((kind.isNewPath ? init.verified : init.cached) / 2))
    }
    const verified = await installs(lane, VERIFIED, init.verified)
    const cached = await installs(lane, CACHED, init.cached)
    const verifiedOnePass = await installs(lane, VERIFIED_ONE_PASS, init.verified)
    const cachedOnePass = await installs(lane, CACHED_ONE_PASS, init.cached)
    const refreshing = await refreshes(lane, init.refreshed, init.refreshes)
    return {
      installsPerCpuSecond: {
        verified: Math.round(verified.installing.perCpuSecond),
        cached: Math.round(cached.installing.perCpuSecond),
        verifiedOnePass: Math.round(verifiedOnePass.installing.perCpuSecond),
        cachedOnePass: Math.round(cachedOnePass.installing.perCpuSecond)
      },
      refreshesPerCpuSecond: Math.round(refreshing.perCpuSecond),
      removalsPerCpuSecond: Math.round(cached.removing.perCpuSecond),
      cachedPerSecond: Math.round(cached.installing.perSecond),
      forwarderLoad: rounded(cached.installing.load, 2)
    }
  } finally {
    await lane.stop()
  }
}

/** Sets up so many paths, then removes them. */
async function installs (lane: InstallLane, kind: InstallKind, count: number): Promise<{ installing: Window, removing: Window }> {
  const client = lane.client(kind)
  const bodies: Uint8Array[] = []
  for (let made = 0; made < count; made++) {
    bodies.push(await lane.install(kind))
  }
  const labels: Label[] = []
  const installing = await measured(lane, bodies, async (body) => {
    const { label } = await client.install(lane.forwarder, body)
    labels.push(label as Label)
  })
  return { installing, removing: await measured(lane, labels, async (label) => client.remove(lane.forwarder, { label })) }
}

/** Refreshes so many paths so many times each, in turn. */
async function refreshes (lane: InstallLane, paths: number, times: number): Promise<Window> {
  const client = lane.client(CACHED)
  const held = Array.from({ length: paths }, () => ({ chain: new RefreshChain(crypto.getRandomValues(new Uint8Array(16)), times + 1), label: { slot: 0, check: 0 } }))
  const refresh = async ({ chain, label }: typeof held[number]): Promise<void> => { await client.refresh(lane.forwarder, { label, chain: chain.next() as Uint8Array }) }
  await pipelined(held, async (path) => {
    path.label = (await client.install(lane.forwarder, await lane.install(CACHED, path.chain.anchor))).label as Label
    await refresh(path)
  })
  const window = await measured(lane, Array.from({ length: times }, () => held).flat(), refresh)
  await pipelined(held, async ({ label }) => client.remove(lane.forwarder, { label }))
  return window
}

async function measured<T> (lane: InstallLane, items: readonly T[], run: (item: T) => Promise<void>): Promise<Window> {
  const [beforeUs, beforeMs] = [await lane.cpuUs(), performance.now()]
  await pipelined(items, run)
  const [spentS, tookS] = [(await lane.cpuUs() - beforeUs) / 1e6, (performance.now() - beforeMs) / 1e3]
  return { perCpuSecond: items.length / spentS, perSecond: items.length / tookS, load: spentS / tookS }
}

async function pipelined<T> (items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  await Promise.all(Array.from({ length: OUTSTANDING }, async () => {
    for (const item of left) {
      await run(item)
    }
  }))
}
