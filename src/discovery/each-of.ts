// Work on many things, so many at a time.

export async function eachOf<T> (items: readonly T[], concurrency: number, run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, async () => {
    for (const item of queue) {
      await run(item)
    }
  }))
}
