// Which of our links a rival is told of when everything is told anew: no more than it would have been told as they changed, or it would
// see by asking anew what it is still to be judged by.
import { isSettled } from './own-measurement.ts'
import type { MapExchange } from './map-exchange.ts'
import type { NamedLink } from './subscription.ts'
import type { OwnViews } from './own-measurement.ts'

/** @param links - all that we measure */
export function * toldLinks (links: Iterable<NamedLink>, viewsOf: (link: NamedLink) => OwnViews, exchange: Pick<MapExchange, 'mayTell'>): Generator<NamedLink> {
  for (const link of links) {
    const { ofA, ofB } = viewsOf(link)
    if ([ofA, ofB].some((view) => view !== undefined && isSettled(view)) && exchange.mayTell(...link)) {
      yield link
    }
  }
}
