// What is believed of a link, in the form in which path finding reads it.
import { MAX_LOAD_PPM } from '../topology/limits.ts'
import type { DirectionEstimate } from './link-direction.ts'
import type { LinkEstimate } from './link-view.ts'
import type { LinkMetrics } from '../topology/link-metrics.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'

/**
 * @param direction - the link's, in the direction that the metrics are for
 * @param capacityBytesPerSecond - what its two ends carry for others, where they say so
 */
export function metricsOf (believed: LinkEstimate, direction: DirectionEstimate, capacityBytesPerSecond: number | undefined): LinkMetrics {
  return {
    delayUs: believed.rttUs,
    lossPpm: believed.lossPpm,
    jitterUs: believed.jitterUs,
    updatedAtMs: believed.measuredAtMs,
    bytesPerSecond: direction.bytesPerSecond === undefined ? undefined : Math.min(direction.bytesPerSecond, capacityBytesPerSecond ?? Number.POSITIVE_INFINITY),
    loadPpm: loadPpmOf(direction, capacityBytesPerSecond),
    price: direction.priceMicroPerGb,
    delayVariance: believed.varianceUs2,
    lossVariance: believed.lossVariancePpm2
  }
}

/** The lesser of what both ends say they carry for others; undefined where neither does. */
export function lesserCapacity (a: NodeAttributes | undefined, b: NodeAttributes | undefined): number | undefined {
  const one = a?.capacityBytesPerSecond
  const other = b?.capacityBytesPerSecond
  return one === undefined || other === undefined ? one ?? other : Math.min(one, other)
}

/**
 * How much of what the direction can carry is in use, in millionths; undefined where that is not known. It can carry what it
 * delivered when it was full, and no more than the lesser of what its two ends say they carry for others; where it never was
 * full, that is all there is to go by.
 */
function loadPpmOf ({ bytesPerSecond, rateIsFloor, loadBytesPerSecond }: DirectionEstimate, capacityBytesPerSecond: number | undefined): number | undefined {
  const isMeasured = bytesPerSecond !== undefined && !rateIsFloor
  const carries = isMeasured
    ? Math.min(bytesPerSecond, capacityBytesPerSecond ?? Number.POSITIVE_INFINITY)
    : capacityBytesPerSecond === undefined ? undefined : Math.max(bytesPerSecond ?? 0, capacityBytesPerSecond)
  return carries === undefined || loadBytesPerSecond === undefined ? undefined : Math.min(MAX_LOAD_PPM, Math.round(loadBytesPerSecond / carries * MAX_LOAD_PPM))
}
