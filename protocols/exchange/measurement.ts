/** What a batch says of one link, with the bounds of each value. */
import { MalformedMessageError } from '../errors.ts'
import { MAX_UINT32 } from '../field-checks.ts'
import { MAX_MEASUREMENT_AGE_MS, MAX_RATE, MAX_RTT_US, PPM } from './constants.ts'
import { AbsurdMeasurementError, StaleMeasurementError } from './errors.ts'
import { Method } from './exchange.pb.ts'
import type { Measurement as WireMeasurement, Rate as WireRate } from './exchange.pb.ts'
import type { PeerId } from '@libp2p/interface'

/** Who measured: the RSP that speaks, one end, or both. */
export type MeasuringMethod = Exclude<`${Method}`, 'METHOD_UNKNOWN'>

/** What one direction of a link was seen to deliver. */
export interface SharedRate {
  /** above 0, at most 2^31 − 1, as is the spread */
  bytesPerSecond: number
  /** standard deviation; 0: not known */
  spreadBytesPerSecond: number
  /** it may deliver more */
  isFloor: boolean
}

/** A link, between two different forwarders. All integers. */
export interface SharedMeasurement {
  a: PeerId
  b: PeerId
  method: MeasuringMethod
  /** it was found down: all values but the age are 0 */
  down: boolean
  /** 1 to 60 s; 0 where down */
  rttUs: number
  /** standard deviation of what would be measured next */
  rttSpreadUs: number
  jitterUs: number
  lossPpm: number
  /** standard deviation; 0 without samples */
  lossSpreadPpm: number
  /** probes behind the values; 0: not known */
  samples: number
  /** of the newest sample when the batch was issued; at most 180,000 */
  ageMs: number
  /** from a to b, and back; absent: not known */
  forth?: SharedRate
  back?: SharedRate
}

/** @param placeOf - the place of a peer in the batch's list of nodes */
export function encodeMeasurement (measurement: SharedMeasurement, placeOf: (peer: PeerId) => number): WireMeasurement {
  const { a, b, method, forth, back, ...values } = measurement
  const wire = { ...values, a: placeOf(a), b: placeOf(b), method: Method[method], forth: toWire(forth), back: toWire(back) }
  checkValues(wire)
  return wire
}

/** @throws MalformedMessageError, StaleMeasurementError, AbsurdMeasurementError */
export function decodeMeasurement (wire: WireMeasurement, nodes: readonly PeerId[]): SharedMeasurement {
  const [a, b] = [nodes[wire.a], nodes[wire.b]]
  if (a === undefined || b === undefined || a === b) {
    throw new MalformedMessageError(`a measurement of the link ${wire.a}–${wire.b} in a batch of ${nodes.length} nodes`)
  }
  checkValues(wire)
  const { method, down, rttUs, rttSpreadUs, jitterUs, lossPpm, lossSpreadPpm, samples, ageMs, forth, back } = wire
  return {
    a,
    b,
    method: method as MeasuringMethod,
    down,
    rttUs,
    rttSpreadUs,
    jitterUs,
    lossPpm,
    lossSpreadPpm,
    samples,
    ageMs,
    ...(forth != null && { forth: fromWire(forth) }),
    ...(back != null && { back: fromWire(back) })
  }
}

function checkValues (wire: WireMeasurement): void {
  if (wire.method === Method.METHOD_UNKNOWN) {
    throw new MalformedMessageError('a measurement that does not say who has measured')
  }
  bound(wire.rttUs, MAX_RTT_US, 'rtt_us')
  bound(wire.rttSpreadUs, MAX_RTT_US, 'rtt_spread_us')
  bound(wire.jitterUs, MAX_RTT_US, 'jitter_us')
  bound(wire.lossPpm, PPM, 'loss_ppm')
  bound(wire.lossSpreadPpm, PPM, 'loss_spread_ppm')
  bound(wire.samples, MAX_UINT32, 'samples')
  checkAge(wire.ageMs)
  checkRate(wire.forth)
  checkRate(wire.back)
  const hasValues = wire.rttUs + wire.rttSpreadUs + wire.jitterUs + wire.lossPpm + wire.lossSpreadPpm + wire.samples > 0 || wire.forth != null || wire.back != null
  if (wire.down ? hasValues : wire.rttUs === 0) {
    throw new AbsurdMeasurementError(wire.down ? 'values of a link that is down' : 'a round trip in no time')
  }
  if (wire.lossSpreadPpm > 0 && wire.samples === 0) {
    throw new AbsurdMeasurementError('a spread of the loss without samples')
  }
}

/** Values out of bounds are absurd rather than malformed: they were decoded well. */
function bound (value: number, max: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new AbsurdMeasurementError(`${field} is ${value}: it must be an integer from 0 to ${max}`)
  }
}

function checkAge (ageMs: number): void {
  if (!Number.isInteger(ageMs) || ageMs < 0 || ageMs > MAX_MEASUREMENT_AGE_MS) {
    throw new StaleMeasurementError(`a measurement that is ${ageMs} ms old, at most ${MAX_MEASUREMENT_AGE_MS} are of use`)
  }
}

function checkRate (rate: WireRate | undefined): void {
  if (rate != null) {
    bound(rate.bytesPerSecond, MAX_RATE, 'bytes_per_second')
    bound(rate.spreadBytesPerSecond, MAX_RATE, 'spread_bytes_per_second')
    if (rate.bytesPerSecond === 0) {
      throw new AbsurdMeasurementError('a rate of nothing: a rate that is not known is left out')
    }
  }
}

function toWire (rate: SharedRate | undefined): WireRate | undefined {
  return rate === undefined ? undefined : { ...rate }
}

function fromWire ({ bytesPerSecond, spreadBytesPerSecond, isFloor }: WireRate): SharedRate {
  return { bytesPerSecond, spreadBytesPerSecond, isFloor }
}
