/** What an RSP expects of a path, as it stands in the leaf: a value for each metric, and half the width of its interval where one is given. */
import { MalformedMessageError } from '../errors.ts'
import { MAX_UINT32, checkInteger, checkSafeInteger } from '../field-checks.ts'
import { MAX_RTT_US, PPM } from './constants.ts'
import type { Prediction as WirePrediction } from './route.pb.ts'

/** End to end. What is not given is not known. */
export interface Prediction {
  /** access links included */
  rttUs: number
  /** half the width of the interval in which the RSP expects the RTT */
  rttMarginUs: number
  lossPpm: number
  lossMarginPpm?: number
  jitterUs?: number
  /** what every link delivers at least */
  bytesPerSecond?: number
  /** only with `bytesPerSecond` */
  rateMarginBytesPerSecond?: number
  /** of the link that is loaded most */
  loadPpm?: number
  /** of all links together, in the unit in which they are priced */
  price?: number
  /** share of cases, 0–1, in which the RSP expects to be right; travels in millionths */
  confidence: number
  /** age of the oldest measurement used */
  dataAgeMs: number
}

/** Fractions are rounded. Throws for what no one would accept. */
export function encodePrediction (prediction: Prediction): WirePrediction {
  const { lossMarginPpm, jitterUs, bytesPerSecond, rateMarginBytesPerSecond, loadPpm, price } = prediction
  const wire: WirePrediction = {
    rttUs: Math.round(prediction.rttUs),
    rttMarginUs: Math.round(prediction.rttMarginUs),
    lossPpm: Math.round(prediction.lossPpm),
    confidencePpm: Math.round(prediction.confidence * PPM),
    dataAgeMs: Math.round(prediction.dataAgeMs),
    lossMarginPpm: lossMarginPpm === undefined ? undefined : Math.round(lossMarginPpm),
    jitterUs: jitterUs === undefined ? undefined : Math.round(jitterUs),
    bytesPerSecond: toUint64(bytesPerSecond, 'bytes_per_second'),
    rateMarginBytesPerSecond: toUint64(rateMarginBytesPerSecond, 'rate_margin_bytes_per_second'),
    loadPpm: loadPpm === undefined ? undefined : Math.round(loadPpm),
    price: toUint64(price, 'price')
  }
  checkBounds(wire)
  return wire
}

/** @throws MalformedMessageError */
export function decodePrediction (wire: WirePrediction | undefined): Prediction {
  if (wire == null) {
    throw new MalformedMessageError('the path has no prediction')
  }
  checkBounds(wire)
  const { rttUs, rttMarginUs, lossPpm, confidencePpm, dataAgeMs, lossMarginPpm, jitterUs, bytesPerSecond, rateMarginBytesPerSecond, loadPpm, price } = wire
  return {
    rttUs,
    rttMarginUs,
    lossPpm,
    confidence: confidencePpm / PPM,
    dataAgeMs,
    ...(lossMarginPpm === undefined ? {} : { lossMarginPpm }),
    ...(jitterUs === undefined ? {} : { jitterUs }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: checkSafeInteger(bytesPerSecond, 'bytes_per_second') }),
    ...(rateMarginBytesPerSecond === undefined ? {} : { rateMarginBytesPerSecond: checkSafeInteger(rateMarginBytesPerSecond, 'rate_margin_bytes_per_second') }),
    ...(loadPpm === undefined ? {} : { loadPpm }),
    ...(price === undefined ? {} : { price: checkSafeInteger(price, 'price') })
  }
}

function checkBounds (wire: WirePrediction): void {
  checkInteger(wire.rttUs, MAX_RTT_US, 'rtt_us')
  checkInteger(wire.rttMarginUs, MAX_RTT_US, 'rtt_margin_us')
  checkInteger(wire.lossPpm, PPM, 'loss_ppm')
  checkInteger(wire.confidencePpm, PPM, 'confidence_ppm')
  checkInteger(wire.dataAgeMs, MAX_UINT32, 'data_age_ms')
  checkInteger(wire.lossMarginPpm ?? 0, PPM, 'loss_margin_ppm')
  checkInteger(wire.jitterUs ?? 0, MAX_RTT_US, 'jitter_us')
  checkInteger(wire.loadPpm ?? 0, PPM, 'load_ppm')
  if (wire.rateMarginBytesPerSecond !== undefined && wire.bytesPerSecond === undefined) {
    throw new MalformedMessageError('a rate margin stands beside a rate only')
  }
}

function toUint64 (value: number | undefined, field: string): bigint | undefined {
  return value === undefined ? undefined : BigInt(checkSafeInteger(Math.round(value), field))
}
