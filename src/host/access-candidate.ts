// A forwarder that a host measures in order to find the nearest, and what it knows of it.
import { LinkEstimator } from '../measurement/link-estimator.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

export interface Candidate {
  descriptor: VerifiedDescriptor
  estimator: LinkEstimator
  addedMs: number
  /** When we were last attached there; the time of adding before that. */
  seenMs: number
  /** Since when we try to be. */
  triedMs: number
  /** When a channel last measured a route through it. */
  usedMs: number
  probes: number
  nextProbeMs: number
}

export function candidateOf (descriptor: VerifiedDescriptor, nowMs: number): Candidate {
  return { descriptor, estimator: new LinkEstimator(), addedMs: nowMs, seenMs: nowMs, triedMs: nowMs, usedMs: -Infinity, probes: 0, nextProbeMs: 0 }
}

export function distanceOf ({ estimator }: Candidate): number {
  return estimator.quietRttUs ?? Number.MAX_VALUE
}

/** Were we never attached there? */
export function isUnreached ({ seenMs, addedMs }: Candidate): boolean {
  return seenMs === addedMs
}
