// What is kept of a link, and the check that every value passes before the map takes it.
import { InvalidLinkError } from './errors.ts'
import { MAX_DELAY_US, MAX_LOSS_PPM } from './limits.ts'

export interface LinkMetrics {
  /** Round-trip time over the link; rounded to whole microseconds. */
  delayUs: number
  lossPpm: number
  jitterUs: number
  updatedAtMs: number
}

export function checkLinkEnds (from: number, to: number): void {
  for (const [field, node] of [['from', from], ['to', to]] as const) {
    if (!Number.isSafeInteger(node) || node < 0) {
      throw new InvalidLinkError(field, node, 'the number of a node')
    }
  }
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
}

function checkRange (field: string, value: number, max: number): void {
  if (!(value >= 0 && value <= max)) {
    throw new InvalidLinkError(field, value, `0 to ${max}`)
  }
}
