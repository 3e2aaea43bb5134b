// What can go wrong on the command line before or beside the overlay's own errors. All end in exit code 2.
import { BywayError } from '../../protocols/errors.ts'

/** A flag, variable or key of a config file with a value that makes no sense. */
export class InvalidSettingError extends BywayError {
  override readonly name = 'InvalidSettingError'
  readonly code = 'INVALID_SETTING'
  /** Where it was given: `--capacity`, `BYWAY_CAPACITY` or `capacity in byway.toml`. */
  readonly setting: string

  constructor (setting: string, problem: string) {
    super(`${setting}: ${problem}`)
    this.setting = setting
  }
}

/** A config file that cannot be read, or is not TOML. */
export class ConfigFileError extends BywayError {
  override readonly name = 'ConfigFileError'
  readonly code = 'CONFIG_FILE'
  readonly file: string

  constructor (file: string, problem: string, options?: ErrorOptions) {
    super(`config file ${file}: ${problem}`, options)
    this.file = file
  }
}

/** A key file that cannot be read or written, holds no key, or is open to others. */
export class KeyFileError extends BywayError {
  override readonly name = 'KeyFileError'
  readonly code = 'KEY_FILE'
  readonly file: string

  constructor (file: string, problem: string, options?: ErrorOptions) {
    super(`key file ${file}: ${problem}`, options)
    this.file = file
  }
}

/** The node could not be started at the addresses it was told to listen on. */
export class ListenError extends BywayError {
  override readonly name = 'ListenError'
  readonly code = 'LISTEN'
  readonly addresses: readonly string[]

  constructor (addresses: readonly string[], problem: string, options?: ErrorOptions) {
    super(`cannot listen on ${addresses.join(', ')}: ${problem}`, options)
    this.addresses = addresses
  }
}

/** The overlay, or a part of it that the command needs, was not found in time. */
export class OverlayIncompleteError extends BywayError {
  override readonly name = 'OverlayIncompleteError'
  readonly code = 'OVERLAY_INCOMPLETE'
  readonly missing: 'bootstrap' | 'forwarder' | 'rsp'

  constructor (missing: OverlayIncompleteError['missing'], message: string) {
    super(message)
    this.missing = missing
  }
}

/** The place at which metrics should be served cannot be listened on. */
export class MetricsAddressError extends BywayError {
  override readonly name = 'MetricsAddressError'
  readonly code = 'METRICS_ADDRESS'
  readonly address: string

  constructor (address: string, problem: string, options?: ErrorOptions) {
    super(`cannot serve metrics at ${address}: ${problem}`, options)
    this.address = address
  }
}
