// What forwarding state costs: installs per second of a forwarder's CPU time, set-up time in round trips, memory for each label,
// header bytes, and forwarding with a full table; beside it the time to connect through a libp2p circuit relay. Real nodes in processes of
// their own over loopback. `--quick` runs everything with less of it, to see that it runs.
//
//   npx tsx scripts/bench/set-up.ts [--json] [--quick]
import { availableParallelism } from 'node:os'
import { measureLabelTable } from './label-table.ts'
import { Child } from './child-process.ts'
import { measureCircuitRelay } from './set-up/circuit-relay.ts'
import { measureHeaders } from './set-up/headers.ts'
import { measureInstallRates } from './set-up/install-rate.ts'
import { goalsOf, tableOf } from './set-up/report.ts'
import { measureRoundTrips } from './set-up/round-trips.ts'
import type { MemoryFigures } from './set-up/memory-process.ts'
import type { InstallRateInit } from './set-up/install-rate.ts'
import type { SetUpFigures } from './set-up/report.ts'

interface Extent {
  installs: InstallRateInit
  hopMs: number
  setUps: number
  dials: number
  paths: number
  forwardingRounds: number
}

const FULL: Extent = { installs: { verified: 3_000, cached: 16_000, refreshed: 1_000, refreshes: 20 }, hopMs: 20, setUps: 12, dials: 10, paths: 50_000, forwardingRounds: 40 }
const QUICK: Extent = { installs: { verified: 100, cached: 400, refreshed: 50, refreshes: 4 }, hopMs: 2, setUps: 2, dials: 2, paths: 5_000, forwardingRounds: 1 }
/** A run that takes longer hangs, and ends with an error; so do its processes. */
const DEADLINE_MS = 120_000
const RELAY_HOPS = 4

/** One part after the other: they would slow each other down. */
async function measure (extent: Extent): Promise<SetUpFigures> {
  const { installsPerCpuSecond, refreshesPerCpuSecond, removalsPerCpuSecond, ...load } = await measureInstallRates(extent.installs)
  const roundTrips = await measureRoundTrips({ hopMs: extent.hopMs, repeats: extent.setUps })
  const circuitRelay = await measureCircuitRelay({ pathRttMs: 2 * RELAY_HOPS * extent.hopMs, repeats: extent.dials })
  const memory = await measureMemory(extent.paths)
  const { forwardRate100kOver10 } = measureLabelTable(1, extent.forwardingRounds)
  return {
    installsPerCpuSecond,
    refreshesPerCpuSecond,
    removalsPerCpuSecond,
    installLoad: load,
    ...roundTrips,
    circuitRelay,
    bytesPerLabel: memory.heapBytesPerLabel,
    residentBytesPerLabel: memory.residentBytesPerLabel,
    heldBytesPerLabel: memory.heldBytesPerLabel,
    headerBytes: measureHeaders(),
    forwardRate100kOver10
  }
}

async function measureMemory (paths: number): Promise<MemoryFigures> {
  const child = new Child('set-up/memory-process', ['--expose-gc'])
  try {
    return await child.ask<MemoryFigures>('measure', paths)
  } finally {
    await child.stop()
  }
}

const isQuick = process.argv.includes('--quick')
// children end when this process does
const watchdog = setTimeout(() => {
  process.stderr.write(`the benchmark has not ended within ${DEADLINE_MS / 1_000} s\n`)
  process.exit(1)
}, DEADLINE_MS)
const figures = await measure(isQuick ? QUICK : FULL)
clearTimeout(watchdog)
const goals = goalsOf(figures)
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ command: `scripts/bench/set-up.ts${isQuick ? ' --quick' : ''}`, node: process.version, cores: availableParallelism(), ...figures, goals }, null, 2))
} else {
  console.log(tableOf(figures, goals))
}
// what libp2p nodes leave behind, such as timers, must not hold this up
process.exit()
