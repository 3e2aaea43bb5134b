// A value that is dear to make, and asked for many times in a row: by each metric of a scrape, for one.

/** A scrape takes milliseconds; between two of them are seconds. */
const FRESH_MS = 500

/** @param now - monotonic, ms */
export function recent<Value> (make: () => Value, now: () => number): () => Value {
  let made: { value: Value, atMs: number } | undefined
  return () => {
    const nowMs = now()
    if (made === undefined || nowMs - made.atMs >= FRESH_MS) {
      made = { value: make(), atMs: nowMs }
    }
    return made.value
  }
}
