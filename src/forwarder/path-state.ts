// What goes into the forwarding table and comes out of it. Links are indices, times monotonic ms.
import type { LabelSlots } from './label-slots.ts'
import type { PathColumns } from './path-columns.ts'
import type { Label } from '../../protocols/forward/labelled.ts'

export interface PathInit {
  /** Index of the link to the hop before; −1 where it is not known yet. */
  previous: number
  /** Index of the link to the next hop. */
  next: number
  /** Whom the entry is accounted to, and whose it is: the caller's own numbers, 0 to 2^31 − 1. */
  account: number
  source: number
  /** Most bytes per second in each direction; 0 is no limit of the path's own. */
  bytesPerSecond: number
  /** Buckets that packets are taken from as well, forward and back; −1 for none. */
  caps: readonly [forward: number, back: number]
  /** First value of the refresh chain, 16 bytes. */
  anchor: Uint8Array
  /** End of the path itself, which no refresh moves. */
  endsAtMs: number
  leaseMs: number
}

/** What is known of an entry. Pairs are forward, then back. */
export interface PathState {
  forward: Label
  account: number
  source: number
  previous: number
  next: number
  caps: [number, number]
  expiresAtMs: number
  packets: [number, number]
  bytes: [number, number]
}

/** Where a refresh goes on to, the label to say there, and for how long the entry lives now. */
export interface RefreshStep { next: number, out: Label, leaseMs: number }

/** Where a removal goes on to. */
export interface RemovalStep {
  /** −1 where that neighbour is not known yet. */
  link: number
  /** The label to say there; undefined where that neighbour has given none yet. */
  out: Label | undefined
  travels: 'on' | 'back'
}

export function stateOf (entry: number, slots: LabelSlots, paths: PathColumns): PathState {
  const forward = 2 * entry
  const back = forward + 1
  return {
    forward: { slot: forward, check: slots.checkOf(forward) },
    account: paths.accounts[entry],
    source: paths.sources[entry],
    previous: slots.fromLink(forward),
    next: slots.fromLink(back),
    caps: [slots.capOf(forward), slots.capOf(back)],
    expiresAtMs: paths.expiresAtMs[entry],
    packets: [slots.packets(forward), slots.packets(back)],
    bytes: [slots.bytes(forward), slots.bytes(back)]
  }
}
