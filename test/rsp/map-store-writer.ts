// A process that writes to a map store without a pause until it is killed. Says after each batch how many are committed.
import { MapStore } from '../../src/rsp/map-store.ts'

const KEYS = Array.from({ length: 50 }, (_, i) => `node${i}`)
const TRAFFIC = { bytesPerSecond: 1_000_000, rateIsFloor: true, loadBytesPerSecond: 500_000, priceMicroPerGb: 50_000 }
const store = MapStore.open({ file: process.argv[2], network: 'test' })
store.write({
  nodes: KEYS.map((key) => ({ key, attributes: { tags: {} }, descriptor: new Uint8Array(400), expiresAtMs: 1e9, closed: [], priceMicroPerGb: 50_000 })), goneNodes: [], views: [], samples: []
})

const before = Math.max(0, ...store.load(0, 0).views.map(({ measuredAtMs }) => measuredAtMs))

function write (batch: number): void {
  const from = KEYS[batch % KEYS.length]
  const others = KEYS.filter((key) => key !== from)
  store.write({
    nodes: [],
    goneNodes: [],
    views: [{ from, views: others.map((to) => ({ from, to, rttUs: 1_000, jitterUs: 1, lossPpm: 0, measuredAtMs: batch, movementUs2: 0, reports: 1, bytesPerSecond: batch, loadBytesPerSecond: batch })) }],
    samples: others.map((to) => ({ a: from < to ? from : to, b: from < to ? to : from, atMs: batch, rttUs: 1_000, jitterUs: 1, lossPpm: 0, forth: TRAFFIC, back: TRAFFIC }))
  })
  store.prune(batch)
  process.send?.(batch, () => { setImmediate(write, batch + 1) })
}

write(before + 1)
