// What a process holds while nothing happens: of each figure the least of several readings, since timers and requests come and go.
import type { Child } from '../child-process.ts'
import type { Sample } from './observed-process.ts'

export interface RestReading {
  handles: Record<string, number>
  /** Gauges and collections. */
  tables: Record<string, number>
  /** Heap and what it holds outside. */
  heldBytes: number
}

const READINGS = 6
const INTERVAL_MS = 500

/** @param known - peer ids of those who stay, as text */
export async function readAtRest (child: Child, known: readonly string[]): Promise<RestReading> {
  const handles: Array<Record<string, number>> = []
  const tables: Array<Record<string, number>> = []
  let heldBytes = Number.POSITIVE_INFINITY
  for (let i = 0; i < READINGS; i++) {
    const sample = await child.ask<Sample>('sample', known)
    handles.push(sample.handles)
    tables.push({ ...sample.gauges, ...await child.ask<Record<string, number>>('tables') })
    heldBytes = Math.min(heldBytes, heldBytesOf(sample))
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
  }
  return { handles: least(handles), tables: least(tables), heldBytes }
}

export function heldBytesOf ({ heapBytes, externalBytes }: Pick<Sample, 'heapBytes' | 'externalBytes'>): number {
  return heapBytes + externalBytes
}

/** What is missing in one of them is none. */
function least (readings: ReadonlyArray<Record<string, number>>): Record<string, number> {
  const names = new Set(readings.flatMap(Object.keys))
  return Object.fromEntries([...names].map((name) => [name, Math.min(...readings.map((reading) => reading[name] ?? 0))]))
}
