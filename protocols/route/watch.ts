/** Messages of standing queries: what a host wants to be told of, and what it is told. */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { MAX_UINT32, checkInteger } from '../field-checks.ts'
import { decodeDistinctPeerIds, encodePeerId } from '../peer-ids.ts'
import { decodeQuery } from './codec.ts'
import { MAX_FORWARDERS, MAX_WATCH_LIFE_MS, PPM } from './constants.ts'
import { WatchEvent as WireEvent, WatchRequest, WatchResponse } from './route.pb.ts'
import type { RouteQuery } from './codec.ts'
import type { PeerId } from '@libp2p/interface'

export interface Watch {
  /** uint32, the host's own: another request with it takes the place of this one */
  watch: number
  /** an encoded Query */
  query: Uint8Array
  /** the path in use, entry first; empty where nothing is in use that an RSP could judge */
  present: PeerId[]
  /** share of the present cost, 0–1 above 0; travels in millionths */
  margin: number
  /** 0 ends the watch; at most 120,000 */
  lifetimeMs: number
}

export interface ReceivedWatch extends Watch {
  asked: RouteQuery
}

export interface WatchAnswer {
  event: 'ended' | 'better' | 'degraded' | 'failed'
  /** How much less than the present path another costs, or how much more the present one costs than at first: share; travels in millionths. */
  change: number
}

const EVENTS: Record<WatchAnswer['event'], WireEvent> = {
  ended: WireEvent.ENDED,
  better: WireEvent.BETTER,
  degraded: WireEvent.DEGRADED,
  failed: WireEvent.FAILED
}

export function encodeWatch ({ watch, query, present, margin, lifetimeMs }: Watch): Uint8Array {
  const bytes = WatchRequest.encode({
    watch: checkInteger(watch, MAX_UINT32, 'watch'),
    query: withArrayBuffer(query),
    present: present.map(encodePeerId),
    marginPpm: Math.round(margin * PPM),
    lifetimeMs: Math.round(lifetimeMs)
  })
  decodeWatch(bytes)
  return bytes
}

/** @throws MalformedMessageError */
export function decodeWatch (bytes: Uint8Array): ReceivedWatch {
  const wire = parse(() => WatchRequest.decode(Uint8Array.from(bytes)), 'WatchRequest')
  if (wire.marginPpm === 0) {
    throw new MalformedMessageError('a watch has a margin above 0: values always move a little')
  }
  if (wire.present.length > MAX_FORWARDERS) {
    throw new MalformedMessageError(`the present path has ${wire.present.length} forwarders where ${MAX_FORWARDERS} are allowed`)
  }
  return {
    watch: wire.watch,
    query: wire.query,
    asked: decodeQuery(wire.query),
    present: decodeDistinctPeerIds(wire.present, 'present'),
    margin: checkInteger(wire.marginPpm, PPM, 'margin_ppm') / PPM,
    lifetimeMs: checkInteger(wire.lifetimeMs, MAX_WATCH_LIFE_MS, 'lifetime_ms')
  }
}

export function encodeWatchAnswer ({ event, change }: WatchAnswer): Uint8Array {
  return WatchResponse.encode({ event: EVENTS[event], changePpm: Math.min(MAX_UINT32, Math.max(0, Math.round(change * PPM))) })
}

/** @throws MalformedMessageError */
export function decodeWatchAnswer (bytes: Uint8Array): WatchAnswer {
  const { event, changePpm } = parse(() => WatchResponse.decode(Uint8Array.from(bytes)), 'WatchResponse')
  const name = (Object.keys(EVENTS) as Array<WatchAnswer['event']>).find((known) => EVENTS[known] === event)
  if (name === undefined) {
    throw new MalformedMessageError('the answer tells of nothing that can happen to a watch')
  }
  return { event: name, change: changePpm / PPM }
}

function parse<T> (decode: () => T, message: string): T {
  try {
    return decode()
  } catch (cause) {
    throw new MalformedMessageError(`the bytes are not a ${message}`, { cause })
  }
}
