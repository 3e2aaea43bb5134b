// Bytes per link of a snapshot and of what finders keep of it, counted from the arrays.
import { CostRows } from '../../../src/path-finding/cost-rows.ts'
import { Weighting } from '../../../src/path-finding/weighting.ts'
import type { LinkTable } from '../../../src/topology/link-table.ts'
import { significant } from './rate.ts'

export function measureMemory (table: LinkTable): object {
  const graph = table.snapshot()
  const perLink = (bytes: number): number => significant(bytes / graph.linkCount)
  const arrays = Object.values(graph).filter(value => ArrayBuffer.isView(value))
  const rows = new CostRows(graph, new Weighting({ delay: 1, loss: 0 }, 0))
  const metrics = table.get(0, graph.targets[0])
  if (metrics !== undefined) {
    table.upsert(0, graph.targets[0], { ...metrics, delayUs: metrics.delayUs + 1 })
  }
  const copied = Object.entries(table.snapshot())
    .filter(([name, value]) => ArrayBuffer.isView(value) && value !== graph[name as keyof typeof graph])
    .map(([, value]) => value as ArrayBufferView)
  return {
    snapshotBytesPerLink: perLink(sum(arrays)),
    /** Of a snapshot after one delay changed: what it does not share with the one before. */
    nextSnapshotBytesPerLink: perLink(sum(copied)),
    rowsOfOneWeightingBytesPerLink: perLink(rows.byteLength)
  }
}

function sum (arrays: ArrayBufferView[]): number {
  return arrays.reduce((total, array) => total + array.byteLength, 0)
}
