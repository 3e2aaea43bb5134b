// What a standing query asks, as far as keeping an eye on it needs to know. path-question.ts makes one of a plain path query.
import type { Patience } from '../../path-finding/patience.ts'
import type { Graph } from '../../topology/graph.ts'
import type { AccessPoint } from '../../topology/path.ts'

export interface Question {
  readonly source: readonly AccessPoint[]
  readonly destination: readonly AccessPoint[]
  /** The same for questions to which every link costs the same. */
  readonly group: string
  /** A path costs at least so much for each µs of its round trip; 0 where nothing can be said. */
  readonly costPerUs: number
  /** Costs from one multiple of this up to the next are of one class, worse than all of the classes below; shares are of what is above the multiple. Default: all are of one. */
  readonly classCost?: number
  /** Whether a path over a link that has changed can be an answer, or one of a better class, that was not before, whatever the link costs. Default: no. */
  opens?: (before: Graph, linkBefore: number, after: Graph, linkAfter: number) => boolean
  /** Whether a path may become no answer by time alone. Default: no. */
  readonly ages?: boolean
  /** What paths are judged by besides the graph, as what forwarders say of themselves; another one when that has changed, and until this is read or the best path is looked for, what was before counts. */
  readonly basis?: unknown
  /** Whether a path leads from end to end, and is no answer. Default: no, nothing is demanded but that it leads there. */
  breaks?: (graph: Graph, nodes: readonly number[]) => boolean
  /** What a link adds to the cost of a path that takes it, at least; Infinity where none may. */
  linkCost: (graph: Graph, link: number) => number
  /** Infinity for what is no path, or not an answer. */
  costOf: (graph: Graph, nodes: readonly number[]) => number
  /** Of the best answer; Infinity where there is none. Where patience was cut short, of the best that was found till then. */
  bestCost: (graph: Graph, patience?: Patience) => number
}
