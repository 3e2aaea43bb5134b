/** What is wrong with what a rival says, beside what any message may have wrong. */
import { ExpiredError, MalformedMessageError } from '../errors.ts'

/** A measurement, or a batch, too old to say anything of the network of now, or from the future. */
export class StaleMeasurementError extends ExpiredError {
  override name = 'StaleMeasurementError'
}

/** A batch from another time than ours: it was kept back, or sent again, or a clock is wrong, ours as likely as the other's. */
export class ClocksApartError extends StaleMeasurementError {
  override name = 'ClocksApartError'
}

/** A value that no link can have: no time at all, a spread of minutes, a loss above all. */
export class AbsurdMeasurementError extends MalformedMessageError {
  override name = 'AbsurdMeasurementError'
}
