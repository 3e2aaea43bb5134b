// All that one forwarder says of its links as one blob: the store replaces it as a whole, which is a tenth of the work of a row for
// each link. Little-endian; the version of the store's schema is the version of this layout.
//
//   offset  0 u32 number of the other end   4 u32 rtt   8 u32 jitter   12 u32 loss in ppm   16 u32 reports   20 f32 movement   24 f64 measured at
//          32 u32 rate, its highest bit set where it is a floor   36 u32 samples, its highest bit set where the most received is no floor   40 u32 load   44 u32 received   48 u32 most received
//
// The last three are 0xffffffff where the forwarder does not say them.
import { MAX_COUNT, MAX_DELAY_US, MAX_LOSS_PPM } from '../topology/limits.ts'
import { NOT_SAID } from './link-direction.ts'
import type { ArchivedView } from './map-archive.ts'

const VIEW_BYTES = 52
/** In the store's first version the traffic was not there yet. */
const FIRST_VIEW_BYTES = 32
const FLOOR_BIT = 2 ** 31
/** What was written before there was one is a floor. */
const NO_FLOOR_BIT = 2 ** 31
/** NOT_SAID in 32 bits without a sign. */
const UNSAID = 0xffffffff

export interface PackedView extends Omit<ArchivedView, 'from' | 'to'> {
  /** The store's number of the other end. */
  target: number
}

/** @param targetOf - gives the store's number of the other end */
export function packViews (views: readonly ArchivedView[], targetOf: (key: string) => number): Uint8Array {
  const bytes = new Uint8Array(views.length * VIEW_BYTES)
  const data = new DataView(bytes.buffer)
  let at = 0
  for (const view of views) {
    const { to, rttUs, jitterUs, lossPpm, reports, movementUs2, measuredAtMs, samples = 0, bytesPerSecond = 0, rateIsFloor = false, mostReceivedIsFloor = true } = view
    data.setUint32(at, targetOf(to), true)
    data.setUint32(at + 4, Math.round(rttUs), true)
    data.setUint32(at + 8, Math.round(jitterUs), true)
    data.setUint32(at + 12, Math.round(lossPpm), true)
    data.setUint32(at + 16, reports, true)
    data.setFloat32(at + 20, movementUs2, true)
    data.setFloat64(at + 24, measuredAtMs, true)
    data.setUint32(at + 32, Math.min(bytesPerSecond, FLOOR_BIT - 1) + (rateIsFloor ? FLOOR_BIT : 0), true)
    data.setUint32(at + 36, Math.min(samples, NO_FLOOR_BIT - 1) + (mostReceivedIsFloor ? 0 : NO_FLOOR_BIT), true)
    data.setUint32(at + 40, view.loadBytesPerSecond ?? NOT_SAID, true)
    data.setUint32(at + 44, view.receivedBytesPerSecond ?? NOT_SAID, true)
    data.setUint32(at + 48, view.mostReceivedBytesPerSecond ?? NOT_SAID, true)
    at += VIEW_BYTES
  }
  return bytes
}

/** Undefined where the bytes are no views: what is read of a damaged file must not be more than a map can take. */
export function unpackViews (bytes: Uint8Array): PackedView[] | undefined {
  if (bytes.length % VIEW_BYTES !== 0) {
    return undefined
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const views = Array.from({ length: bytes.length / VIEW_BYTES }, (_, i) => {
    const at = i * VIEW_BYTES
    const rate = data.getUint32(at + 32, true)
    const samples = data.getUint32(at + 36, true)
    return {
      target: data.getUint32(at, true),
      rttUs: data.getUint32(at + 4, true),
      jitterUs: data.getUint32(at + 8, true),
      lossPpm: data.getUint32(at + 12, true),
      reports: data.getUint32(at + 16, true),
      movementUs2: data.getFloat32(at + 20, true),
      measuredAtMs: data.getFloat64(at + 24, true),
      bytesPerSecond: rate % FLOOR_BIT,
      rateIsFloor: rate >= FLOOR_BIT,
      samples: samples % NO_FLOOR_BIT,
      loadBytesPerSecond: saidAt(data, at + 40),
      receivedBytesPerSecond: saidAt(data, at + 44),
      mostReceivedBytesPerSecond: saidAt(data, at + 48),
      mostReceivedIsFloor: samples < NO_FLOOR_BIT
    }
  })
  return views.every(isPossible) ? views : undefined
}

/** The rate and the samples cannot be more than they may, for want of bits. */
function isPossible ({ rttUs, jitterUs, lossPpm, movementUs2, measuredAtMs, loadBytesPerSecond = 0, receivedBytesPerSecond = 0, mostReceivedBytesPerSecond = 0 }: PackedView): boolean {
  return rttUs <= MAX_DELAY_US && jitterUs <= MAX_DELAY_US && lossPpm <= MAX_LOSS_PPM &&
    movementUs2 >= 0 && Number.isFinite(movementUs2) && Number.isFinite(measuredAtMs) &&
    loadBytesPerSecond <= MAX_COUNT && receivedBytesPerSecond <= MAX_COUNT && mostReceivedBytesPerSecond <= MAX_COUNT
}

/** Brings what the store's first version wrote to this layout: nothing was said of traffic. Undefined where the bytes are no views. */
export function widenViews (first: Uint8Array): Uint8Array | undefined {
  if (first.length % FIRST_VIEW_BYTES !== 0) {
    return undefined
  }
  const bytes = new Uint8Array(first.length / FIRST_VIEW_BYTES * VIEW_BYTES)
  for (let from = 0, to = 0; from < first.length; from += FIRST_VIEW_BYTES, to += VIEW_BYTES) {
    bytes.set(first.subarray(from, from + FIRST_VIEW_BYTES), to)
    bytes.fill(0xff, to + 40, to + VIEW_BYTES)
  }
  return bytes
}

function saidAt (data: DataView, at: number): number | undefined {
  const value = data.getUint32(at, true)
  return value === UNSAID ? undefined : value
}
