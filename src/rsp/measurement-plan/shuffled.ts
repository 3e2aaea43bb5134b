// An order that favours nobody.

/** A copy in a drawn order (Fisher–Yates). `random` gives numbers from 0 to 1. */
export function shuffled<Item> (items: readonly Item[], random: () => number): Item[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen], order[last]]
  }
  return order
}
