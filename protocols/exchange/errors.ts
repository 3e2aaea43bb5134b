/** What is wrong with what a rival says, beside what any message may have wrong. */
import { ExpiredError, MalformedMessageError } from '../errors.ts'

/** A measurement, or a batch, too old to say anything of the network of now, or from the future. */
export class StaleMeasurementError extends ExpiredError {
  override name = 'StaleMeasurementError'
}

/** A value that no link can have: no time at all, a spread of minutes, a loss above all. */
export class AbsurdMeasurementError extends MalformedMessageError {
  override name = 'AbsurdMeasurementError'
}
