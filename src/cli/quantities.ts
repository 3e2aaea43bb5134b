// Quantities as people write them: rates and prices. Each gives undefined for what is none.

const RATE = /^(\d+(?:\.\d+)?)\s*([kKmMgG]?)([bB][iI][tT]|B)(?:\/s)?$/
const FACTORS: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }
const BITS_PER_BYTE = 8

/** `100Mbit`, `12.5MB`, `1Gbit/s` → bytes per second. `Mb` is refused: half of its users mean the other one. */
export function bytesPerSecondOf (text: string): number | undefined {
  const [, digits, prefix, unit] = RATE.exec(text.trim()) ?? []
  if (digits === undefined) {
    return undefined
  }
  const bytes = Number(digits) * FACTORS[prefix.toLowerCase()] / (unit === 'B' ? 1 : BITS_PER_BYTE)
  return Number.isSafeInteger(Math.round(bytes)) && bytes >= 1 ? Math.round(bytes) : undefined
}

const PRICE = /^(\d{1,12})(?:\.(\d{1,6}))?$/

/** `0.25` → millionths of the operator's unit. */
export function priceMicroOf (text: string): bigint | undefined {
  const [, whole, fraction = ''] = PRICE.exec(text.trim()) ?? []
  return whole === undefined ? undefined : BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}
