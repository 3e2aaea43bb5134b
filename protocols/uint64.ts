/** How the generated codecs write 64-bit numbers; scripts/generate.mjs puts it there. */
import type { Writer } from 'protons-runtime'

/** protons-runtime 7.1 takes the lower half of these for a negative number, and writes other bytes than it has counted. */
const FIRST_MISWRITTEN = 2n ** 31n
const LAST_MISWRITTEN = 2n ** 32n - 1n

export function writeUint64 (writer: Pick<Writer, 'uint64' | 'uint64Number'>, value: bigint): void {
  if (value < FIRST_MISWRITTEN || value > LAST_MISWRITTEN) {
    writer.uint64(value)
  } else {
    writer.uint64Number(Number(value))
  }
}
