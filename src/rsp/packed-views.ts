// All that one forwarder says of its links as one blob: the store replaces it as a whole, which is a tenth of the work of a row for
// each link. Little-endian; the version of the store's schema is the version of this layout.
//
//   offset  0 u32 number of the other end   4 u32 rtt   8 u32 jitter   12 u32 loss in ppm   16 u32 reports   20 f32 movement   24 f64 measured at
import type { ArchivedView } from './map-archive.ts'

const VIEW_BYTES = 32

export interface PackedView extends Omit<ArchivedView, 'from' | 'to'> {
  /** The store's number of the other end. */
  target: number
}

/** @param targetOf - gives the store's number of the other end */
export function packViews (views: readonly ArchivedView[], targetOf: (key: string) => number): Uint8Array {
  const bytes = new Uint8Array(views.length * VIEW_BYTES)
  const data = new DataView(bytes.buffer)
  let at = 0
  for (const { to, rttUs, jitterUs, lossPpm, reports, movementUs2, measuredAtMs } of views) {
    data.setUint32(at, targetOf(to), true)
    data.setUint32(at + 4, Math.round(rttUs), true)
    data.setUint32(at + 8, Math.round(jitterUs), true)
    data.setUint32(at + 12, Math.round(lossPpm), true)
    data.setUint32(at + 16, reports, true)
    data.setFloat32(at + 20, movementUs2, true)
    data.setFloat64(at + 24, measuredAtMs, true)
    at += VIEW_BYTES
  }
  return bytes
}

/** Undefined where the bytes are no views. */
export function unpackViews (bytes: Uint8Array): PackedView[] | undefined {
  if (bytes.length % VIEW_BYTES !== 0) {
    return undefined
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: bytes.length / VIEW_BYTES }, (_, i) => {
    const at = i * VIEW_BYTES
    return {
      target: data.getUint32(at, true),
      rttUs: data.getUint32(at + 4, true),
      jitterUs: data.getUint32(at + 8, true),
      lossPpm: data.getUint32(at + 12, true),
      reports: data.getUint32(at + 16, true),
      movementUs2: data.getFloat32(at + 20, true),
      measuredAtMs: data.getFloat64(at + 24, true)
    }
  })
}
