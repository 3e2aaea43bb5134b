// What a channel makes of a forwarder's notice that quotes a packet of its session. A hint: the route is left, and comes back when it answers.
import { NoticeCode } from '../../protocols/forward/constants.ts'
import { noticeName } from '../../protocols/forward/notice.ts'
import type { ForwarderFailures } from './forwarder-failures.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { PromiseWatch } from './promise-watch.ts'
import type { Route } from './route.ts'
import type { RouteBook } from './route-book.ts'
import type { RouteQueries } from './route-queries.ts'
import type { RouteSteering } from './route-steering.ts'
import type { PeerId } from '@libp2p/interface'

/** What of a channel a notice may concern. */
export interface NoticeHearers {
  remote: PeerId
  book: Pick<RouteBook, 'byNotice' | 'authorize' | 'nodeAfter'>
  steering: Pick<RouteSteering, 'broke'>
  queries: Pick<RouteQueries, 'avoid'>
  promises: Pick<PromiseWatch, 'excused'>
  failures: Pick<ForwarderFailures, 'suspect'>
}

export function heedNotice (notice: Notice, hearers: NoticeHearers): void {
  const { book, steering } = hearers
  const route = book.byNotice(notice)
  if (route === undefined || notice.code === NoticeCode.overQuota) {
    return
  }
  if (notice.code === NoticeCode.notAuthorized) {
    void book.authorize(route)
  } else if (notice.code === NoticeCode.noSuchNeighbour) {
    lostBehind(route, notice, hearers)
  }
  steering.broke(route, `a forwarder says ${noticeName(notice.code)}`)
}

/** The leg from the exit to the destination is the peer's, and no forwarder or RSP is to blame for it. */
function lostBehind (route: Route, { reporter }: Notice, { remote, book, queries, promises, failures }: NoticeHearers): void {
  const broken = book.nodeAfter(route, reporter)
  if (broken?.equals(remote) === true) {
    promises.excused(route.id)
  } else if (broken !== undefined) {
    queries.avoid(broken)
    failures.suspect([broken.toString()])
  }
}
