// All choices from a short list.

/** The empty one first and the whole one last, counted up as binary numbers whose highest digit is the first item. */
export function subsetsOf<Item> (items: readonly Item[]): Item[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) =>
    items.filter((_item, rank) => (bits >>> (items.length - 1 - rank) & 1) === 1))
}
