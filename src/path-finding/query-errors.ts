// What is wrong with a query, and the checks of its numbers.

/** The query asks for something that no finder can answer. */
export class InvalidPathQueryError extends Error {
  override readonly name = 'InvalidPathQueryError'
  readonly field: string
  readonly value: number

  constructor (field: string, value: number, expected: string) {
    super(`A path query's ${field} is ${value}: give ${expected}.`)
    this.field = field
    this.value = value
  }
}

export function checkCount (field: string, value: number, max: number): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= max)) {
    throw new InvalidPathQueryError(field, value, `a whole number from 1 to ${max}`)
  }
}

export function checkNotNegative (field: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new InvalidPathQueryError(field, value, 'a finite number that is not negative')
  }
}
