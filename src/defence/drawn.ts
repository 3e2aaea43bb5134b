// Some of many, so that no order in which they come lets one hide another.

/** So many of them at most, each as likely as any other, in any order. Changes what it is given. `random`: 0 ≤ … < 1. */
export function drawn<T> (items: T[], most: number, random: () => number = Math.random): T[] {
  for (let at = 0; at < Math.min(most, items.length - 1); at++) {
    const other = at + Math.floor(random() * (items.length - at));
    [items[at], items[other]] = [items[other], items[at]]
  }
  return items.slice(0, most)
}
