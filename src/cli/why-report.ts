// What a host tells of its channel to a peer, for `byway why`: over the channel that it has, or over one that is opened for the answer.
import { z } from 'zod'
import { MalformedMessageError } from '../../protocols/errors.ts'
import { MAX_TEXT_BYTES } from '../../protocols/route/constants.ts'
import { readDestination } from './destination.ts'
import { OPEN_DEADLINE_MS, reach } from './reach.ts'
import { readQuery } from './query-text.ts'
import { explain } from '../host/explanation.ts'
import type { Channel, ChannelEnd, RouteChange } from '../host/channel.ts'
import type { ChannelExplanation, Explainable } from '../host/explanation.ts'
import type { Switch } from '../host/switch-history.ts'
import type { PeerId } from '@libp2p/interface'
import type { Destination, Introduce } from './destination.ts'
import type { ControlCommand, ControlCommands } from './control-server.ts'

const nullableNumber = z.number().nullable()
const change = z.looseObject({ atMs: z.number(), route: z.string(), reason: z.string() })
const kind = z.enum(['path', 'direct', 'default', 'none'])

/** A `WhyReport` as it comes from a daemon. */
export const whyAnswer = z.looseObject({
  destination: z.string(),
  channel: z.enum(['kept', 'brief']),
  openedByThem: z.boolean(),
  kind,
  verdict: z.string(),
  reason: z.string(),
  routes: z.array(z.looseObject({
    isDefault: z.boolean(),
    path: z.array(z.string()),
    rsp: z.string().nullable(),
    alsoOfferedBy: z.array(z.string()),
    use: z.enum(['in use', 'backup', 'candidate', 'refused']),
    why: z.string(),
    promised: z.looseObject({ rttMs: z.number(), marginMs: nullableNumber, confidence: nullableNumber, ageMs: nullableNumber, expiresInMs: nullableNumber }).nullable(),
    measured: z.looseObject({ rttMs: z.number(), jitterMs: nullableNumber, loss: z.number(), echoes: z.number() }).nullable()
  })),
  query: z.string().nullable(),
  clauses: z.array(z.looseObject({
    clause: z.string(),
    isMandatory: z.boolean(),
    outcomes: z.array(z.looseObject({ rsp: z.string(), outcome: z.enum(['kept', 'broken', 'unsupported', 'not read']) }))
  })),
  rsps: z.array(z.looseObject({ rsp: z.string(), mapKind: z.string(), paths: z.number(), error: z.string().nullable() })),
  switches: z.array(change)
})

/** While a channel is followed: how it goes, then each switch, and its end. */
export const whyEvent = z.union([
  z.strictObject({ report: whyAnswer }),
  z.strictObject({ switch: change.extend({ kind }) }),
  z.strictObject({ ended: z.looseObject({ atMs: z.number(), why: z.string(), reason: z.string() }) })
])

/** Why a channel has ended, for people. */
const ENDS: Record<ChannelEnd, string> = {
  'closed': 'this host has closed it',
  'closed-by-peer': 'the other side has closed it',
  'idle': 'nothing has come from the other side for long',
  'forgotten': 'the other side was started anew, and does not know it any more',
  'protocol-error': 'the other side does not keep to the protocol'
}

export interface WhyReport extends ChannelExplanation {
  /** `kept`: the host has it anyway. `brief`: opened for this answer, and closed again. */
  channel: 'kept' | 'brief'
  /** The destination has opened a channel to this host, whose route is chosen there. */
  openedByThem: boolean
}

export type WhyEvent =
  | { report: WhyReport }
  /** `kind`: how the channel goes from then on. */
  | { switch: Switch & Pick<WhyReport, 'kind'> }
  /** The channel has ended by itself: the last event. `why`: a `ChannelEnd`. */
  | { ended: { atMs: number, why: string, reason: string } }

/** A channel that this host has opened. */
export interface ExplainableChannel extends Explainable, Pick<Channel, 'remote' | 'isOpen' | 'isClosed' | 'end' | 'addEventListener' | 'removeEventListener'> {
  settled: () => Promise<void>
  close: () => void
}

/** What the command needs of a host. */
export interface OpensChannels {
  /** Those of others cannot be explained here. */
  readonly channels: ReadonlyArray<{ readonly remote: PeerId } | ExplainableChannel>
  open: (peer: PeerId, options: { signal: AbortSignal, query?: string }) => Promise<ExplainableChannel>
}

/** Those that were opened for an answer: they end with it, so no other answer is to be about them. */
const briefChannels = new WeakSet<ExplainableChannel>()

/** The control commands of a host: `why`, and `why.follow`, which sends events until the caller goes or the channel ends. */
export function whyCommands (host: OpensChannels, introduce?: Introduce): ControlCommands {
  return new Map<string, ControlCommand>([
    ['why', async ({ query, ...args }, { signal }) => {
      const destination = readDestination(args)
      return whyReport(introducing(host, destination, introduce), destination.peer, signal, queryOf(query))
    }],
    ['why.follow', async ({ query, ...args }, { signal, emit }) => {
      const destination = readDestination(args)
      return followChannel(introducing(host, destination, introduce), destination.peer, signal, emit, queryOf(query))
    }]
  ])
}

/** A host that gets to know where the destination is before it opens a channel, and not for one that it has. */
function introducing (host: OpensChannels, destination: Destination, introduce: Introduce = async () => {}): OpensChannels {
  return {
    get channels () { return host.channels },
    open: async (peer, options) => {
      await introduce(destination, options.signal)
      return host.open(peer, options)
    }
  }
}

/**
 * @param query - for a channel that has to be opened
 * @throws NotFoundError, UnavailableError where a channel has to be opened
 */
export async function whyReport (host: OpensChannels, peer: PeerId, stop: AbortSignal, query?: string): Promise<WhyReport> {
  return withChannel(host, peer, stop, query, async (channel, how) => ({ ...explain(channel, Date.now()), ...how }))
}

/**
 * Tells how the channel goes, then each switch, until `stop` or the end of the channel, which it tells of, too.
 *
 * @throws as `whyReport`
 */
export async function followChannel (host: OpensChannels, peer: PeerId, stop: AbortSignal, onEvent: (event: WhyEvent) => void, query?: string): Promise<void> {
  await withChannel(host, peer, stop, query, async (channel, how) => {
    onEvent({ report: { ...explain(channel, Date.now()), ...how } })
    const end = await untilEnd(channel, stop, ({ text: route, reason }) => {
      onEvent({ switch: { atMs: Date.now(), route, reason, kind: channel.status.kind } })
    })
    if (end !== undefined) {
      onEvent({ ended: { atMs: Date.now(), why: end, reason: ENDS[end] } })
    }
  })
}

async function withChannel<T> (host: OpensChannels, peer: PeerId, stop: AbortSignal, query: string | undefined, run: (channel: ExplainableChannel, how: Pick<WhyReport, 'channel' | 'openedByThem'>) => Promise<T>): Promise<T> {
  const channels = host.channels.filter(({ remote }) => remote.equals(peer))
  const kept = channels.filter(isExplainable).findLast((channel) => channel.isOpen && !briefChannels.has(channel))
  const openedByThem = channels.some((channel) => !isExplainable(channel))
  if (kept !== undefined) {
    return run(kept, { channel: 'kept', openedByThem })
  }
  const wanted = query === undefined ? {} : { query }
  const channel = await reach(peer, OPEN_DEADLINE_MS, stop, async (signal) => host.open(peer, { ...wanted, signal }))
  briefChannels.add(channel)
  try {
    await channel.settled()
    return await run(channel, { channel: 'brief', openedByThem })
  } finally {
    channel.close()
  }
}

/** @returns why the channel has ended; undefined where it was `stop` */
async function untilEnd (channel: ExplainableChannel, stop: AbortSignal, onSwitch: (change: RouteChange) => void): Promise<ChannelEnd | undefined> {
  const onRoute = ({ detail }: CustomEvent<RouteChange>): void => { onSwitch(detail) }
  const { promise, resolve } = Promise.withResolvers<ChannelEnd | undefined>()
  const onClose = ({ detail }: CustomEvent<ChannelEnd>): void => { resolve(detail) }
  const onStop = (): void => { resolve(undefined) }
  channel.addEventListener('route', onRoute)
  channel.addEventListener('close', onClose)
  stop.addEventListener('abort', onStop)
  if (stop.aborted) {
    onStop()
  } else if (channel.isClosed) {
    // while its routes were measured
    resolve(channel.end)
  }
  const end = await promise
  channel.removeEventListener('route', onRoute)
  channel.removeEventListener('close', onClose)
  stop.removeEventListener('abort', onStop)
  return end
}

function isExplainable (channel: OpensChannels['channels'][number]): channel is ExplainableChannel {
  return 'switches' in channel
}

/** @throws MalformedMessageError */
function queryOf (query: unknown): string | undefined {
  try {
    return readQuery({ query: z.string().max(MAX_TEXT_BYTES).optional().parse(query) })
  } catch (cause) {
    throw new MalformedMessageError(`arguments: ${(cause as Error).message}`, { cause })
  }
}
