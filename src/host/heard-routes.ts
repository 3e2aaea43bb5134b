// What data that comes shows of the routes of a channel: the one on which it comes lives, and so does the one on which a stream's data arrived.
import type { Arrival } from '../link/endpoint.ts'
import type { PathState } from './stream/path-state.ts'
import type { RouteBook } from './route-book.ts'

/** Of a stream of packets one so often shows that they come. */
const INTERVAL_MS = 10

export class HeardRoutes {
  readonly #book: Pick<RouteBook, 'byArrival'>
  #nextMs = 0
  #deliveredSentMs = -Infinity

  constructor (book: Pick<RouteBook, 'byArrival'>) {
    this.#book = book
  }

  /**
   * Data has come.
   *
   * @param path - what streams know of the route in use: one whose data still arrives lives, however long echoes wait in the queue that it has made
   */
  heard (arrival: Arrival, path: PathState | undefined, nowMs: number): void {
    if (nowMs < this.#nextMs) {
      return
    }
    this.#nextMs = nowMs + INTERVAL_MS
    const route = this.#book.byArrival(arrival)
    route?.watch.heard(nowMs)
    if (route !== undefined && path?.key === route.id && path.deliveredSentMs > this.#deliveredSentMs) {
      this.#deliveredSentMs = path.deliveredSentMs
      route.watch.delivered(path.deliveredSentMs, path.acknowledgedMs)
    }
  }
}
