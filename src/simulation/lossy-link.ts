// Makes a link between real nodes lose packets. Hops are reliable streams: what is lost on a link is lost by the queue before it, and so it is here; the
// forwarder counts it as it counts its own.

/** What is needed of a link of `link-set.ts`. */
export interface DroppingLink {
  reserve: (length: number, droppable: boolean, account?: number, source?: number) => number
  readonly queueCounters?: { full: number }
}

/**
 * @param loss - share of the packets, 0 to 1
 * @param random - from 0 to 1
 */
export function loseSome (link: DroppingLink, loss: number, random: () => number = Math.random): void {
  const reserve = link.reserve.bind(link)
  link.reserve = (...args) => {
    if (random() >= loss) {
      return reserve(...args)
    }
    if (link.queueCounters !== undefined) {
      link.queueCounters.full++
    }
    return -1
  }
}
