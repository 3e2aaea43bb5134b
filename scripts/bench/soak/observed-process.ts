// What each process of the soak test tells of itself: memory after forced collection, handles, tables, and what went wrong unseen.
// Started with `--expose-gc`.
import { answerParent } from '../child-process.ts'
import { tableCensus } from './table-census.ts'
import { getHeapSpaceStatistics, writeHeapSnapshot } from 'node:v8'
import type { Libp2p } from '@libp2p/interface'

export interface Memory {
  /** Of the main thread's heap. */
  heapBytes: number
  /** Outside of the heap, but held by it; array buffers are part of it. */
  externalBytes: number
  arrayBufferBytes: number
  /**
   * What V8 has compiled so far and what it needs to undo that, part of the heap: it grows for as long as functions become hot that were not, and
   * ends with the last of them. What it notes of types and of who depends on them is not counted: that lies among all else.
   */
  codeBytes: number
  /** Of the whole process. */
  rssBytes: number
}

export interface Sample extends Memory {
  /** Active handles and requests by kind, as Node counts them; and which of the sockets belong to no connection. */
  handles: Record<string, number>
  gauges: Record<string, number>
  /** What was done since the start. */
  work: Record<string, number>
  /** Exceptions and rejections that nobody handled, since the start. */
  uncaught: string[]
}

export interface Observed {
  node: Libp2p
  /** Sizes of tables that the role itself tells. */
  gauges?: () => Record<string, number>
  work?: () => Record<string, number>
}

/** More than that tells nothing new. */
const MAX_UNCAUGHT = 20
const COMPONENTS = ['connectionManager', 'peerStore', 'registrar', 'upgrader', 'transportManager', 'addressManager', 'events', 'contentRouting', 'peerRouting']

/** Machine code, and bytecode with the tables that belong to either, where V8 keeps them apart. */
const CODE_SPACES = /^(code|trusted)_(large_object_)?space$/

const uncaught: string[] = []

/** Answers `sample` and `tables` beside the commands. What nobody handles is told, and ends nothing. */
export function answerObserved (commands: Record<string, (argument: never) => unknown>, nodes: () => Record<string, Observed>): void {
  const note = (error: unknown): void => {
    if (uncaught.length < MAX_UNCAUGHT) {
      uncaught.push(error instanceof Error ? error.stack ?? error.message : String(error))
    }
  }
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  // the terminal tells every process of the group; the first one decides
  process.on('SIGINT', () => {})
  answerParent({
    ...commands as Record<string, (argument: unknown) => unknown>,
    /** @param known - peer ids as text: all others are strangers */
    sample: async (known): Promise<Sample> => ({
      ...await memoryAfterCollection(),
      handles: handlesByKind(Object.values(nodes())),
      gauges: ofAll(nodes(), (observed) => gaugesOf(observed, known as string[])),
      work: ofAll(nodes(), ({ work }) => work?.() ?? {}),
      uncaught
    }),
    /** @param path - of the file that is written */
    snapshot: async (path) => {
      await memoryAfterCollection()
      writeHeapSnapshot(path as string)
    },
    tables: () => tableCensus(Object.fromEntries(Object.entries(nodes()).flatMap(([name, { node }]) => rootsOf(name, node))))
  })
}

function ofAll (nodes: Record<string, Observed>, figures: (observed: Observed) => Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(nodes).flatMap(([name, observed]) => Object.entries(figures(observed)).map(([figure, value]) => [`${name}.${figure}`, value])))
}

async function memoryAfterCollection (): Promise<Memory> {
  for (let i = 0; i < 2; i++) {
    // what is finalized by the first is garbage to the second
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  const codeBytes = getHeapSpaceStatistics().filter(({ space_name: name }) => CODE_SPACES.test(name)).reduce((sum, { space_used_size: used }) => sum + used, 0)
  return { heapBytes: heapUsed, externalBytes: external, arrayBufferBytes: arrayBuffers, codeBytes, rssBytes: rss }
}

/** Sockets of connections are told apart from others, of which there should be none. */
function handlesByKind (nodes: readonly Observed[]): Record<string, number> {
  const kinds: Record<string, number> = {}
  // an Immediate is what comes next, and nothing that is kept
  for (const kind of process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate')) {
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  const connections = nodes.reduce((sum, { node }) => sum + node.getConnections().length, 0)
  kinds.socketsWithoutConnection = Math.max(0, (kinds.TCPSocketWrap ?? 0) - connections)
  return kinds
}

function gaugesOf ({ node, gauges }: Observed, known: readonly string[]): Record<string, number> {
  const connections = node.getConnections()
  return {
    connections: connections.length,
    strangersConnected: node.getPeers().filter((peer) => !known.includes(peer.toString())).length,
    streams: connections.reduce((sum, { streams }) => sum + streams.length, 0),
    ...gauges?.()
  }
}

function rootsOf (name: string, node: Libp2p): Array<[string, object]> {
  const { components } = node as unknown as { components: Record<string, object | undefined> }
  const known = [...COMPONENTS.map((component) => [component, components[component]] as const), ...Object.entries(node.services as Record<string, object>)]
  return known.flatMap(([part, root]) => root === undefined ? [] : [[`${name}.${part}`, root]])
}
