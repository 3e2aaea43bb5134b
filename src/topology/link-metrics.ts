// What is kept of a link, and the check that every value passes before the map takes it.
import { InvalidLinkError } from './errors.ts'
import { MAX_COUNT, MAX_DELAY_US, MAX_LOSS_PPM } from './limits.ts'

/** Values that are not given are not known; integer columns round to whole units. */
export interface LinkMetrics {
  /** Round-trip time over the link; rounded to whole microseconds. */
  delayUs: number
  lossPpm: number
  jitterUs: number
  updatedAtMs: number
  /** What the link delivers at most. */
  bytesPerSecond?: number
  /** How much of that is in use, in millionths. */
  loadPpm?: number
  /** In whatever unit the seller counts (an RSP's map: millionths of the operator's unit per GB), for the same amount of traffic on every link. */
  price?: number
  /** Of the value that is measured next, in the squared unit of the value. */
  delayVariance?: number
  lossVariance?: number
}

export function checkLinkEnds (from: number, to: number): void {
  checkEnd('from', from)
  checkEnd('to', to)
  if (from === to) {
    throw new InvalidLinkError('to', to, 'another node than the one it leaves')
  }
}

export function checkLinkMetrics (metrics: LinkMetrics): void {
  checkRange('delayUs', metrics.delayUs, MAX_DELAY_US)
  checkRange('lossPpm', metrics.lossPpm, MAX_LOSS_PPM)
  checkRange('jitterUs', metrics.jitterUs, MAX_DELAY_US)
  if (!Number.isFinite(metrics.updatedAtMs)) {
    throw new InvalidLinkError('updatedAtMs', metrics.updatedAtMs, 'a time in milliseconds')
  }
  checkRange('bytesPerSecond', metrics.bytesPerSecond ?? 0, MAX_COUNT)
  checkRange('loadPpm', metrics.loadPpm ?? 0, MAX_COUNT)
  checkRange('price', metrics.price ?? 0, MAX_COUNT)
  checkRange('delayVariance', metrics.delayVariance ?? 0, Number.MAX_VALUE)
  checkRange('lossVariance', metrics.lossVariance ?? 0, Number.MAX_VALUE)
}

function checkEnd (field: string, node: number): void {
  if (!Number.isSafeInteger(node) || node < 0) {
    throw new InvalidLinkError(field, node, 'the number of a node')
  }
}

function checkRange (field: string, value: number, max: number): void {
  if (!(value >= 0 && value <= max)) {
    throw new InvalidLinkError(field, value, `0 to ${max}`)
  }
}
