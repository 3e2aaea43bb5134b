// What a host tells of its channel to a peer, for `byway why`: over the channel that it has, or over one that is opened for the answer.
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { MalformedMessageError } from '../../protocols/errors.ts'
import { MAX_TEXT_BYTES } from '../../protocols/route/constants.ts'
import { OPEN_DEADLINE_MS, reach } from './reach.ts'
import { readQuery } from './query-text.ts'
import { explain } from '../host/explanation.ts'
import type { Channel, RouteChange } from '../host/channel.ts'
import type { ChannelExplanation, Explainable } from '../host/explanation.ts'
import type { Switch } from '../host/switch-history.ts'
import type { PeerId } from '@libp2p/interface'
import type { ControlCommand, ControlCommands } from './control-server.ts'

const MAX_ID_LETTERS = 128

const nullableNumber = z.number().nullable()
const change = z.looseObject({ atMs: z.number(), route: z.string(), reason: z.string() })

/** A `WhyReport` as it comes from a daemon. */
export const whyAnswer = z.looseObject({
  destination: z.string(),
  channel: z.enum(['kept', 'brief']),
  openedByThem: z.boolean(),
  kind: z.enum(['path', 'direct', 'default', 'none']),
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

/** While a channel is followed: how it goes, then each switch. */
export const whyEvent = z.union([z.strictObject({ report: whyAnswer }), z.strictObject({ switch: change })])

export interface WhyReport extends ChannelExplanation {
  /** `kept`: the host has it anyway. `brief`: opened for this answer, and closed again. */
  channel: 'kept' | 'brief'
  /** The destination has opened a channel to this host, whose route is chosen there. */
  openedByThem: boolean
}

export type WhyEvent = { report: WhyReport } | { switch: Switch }

/** A channel that this host has opened. */
export interface ExplainableChannel extends Explainable, Pick<Channel, 'remote' | 'isOpen' | 'isClosed' | 'addEventListener' | 'removeEventListener'> {
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
export function whyCommands (host: OpensChannels): ControlCommands {
  return new Map<string, ControlCommand>([
    ['why', async ({ destination, query }, { signal }) => whyReport(host, parsePeer(destination), signal, queryOf(query))],
    ['why.follow', async ({ destination, query }, { signal, emit }) => followChannel(host, parsePeer(destination), signal, emit, queryOf(query))]
  ])
}

/**
 * @param query - for a channel that has to be opened
 * @throws NotFoundError, UnavailableError where a channel has to be opened
 */
export async function whyReport (host: OpensChannels, peer: PeerId, stop: AbortSignal, query?: string): Promise<WhyReport> {
  return withChannel(host, peer, stop, query, async (channel, how) => ({ ...explain(channel, Date.now()), ...how }))
}

/**
 * Tells how the channel goes, then each switch, until `stop` or the end of the channel.
 *
 * @throws as `whyReport`
 */
export async function followChannel (host: OpensChannels, peer: PeerId, stop: AbortSignal, onEvent: (event: WhyEvent) => void, query?: string): Promise<void> {
  await withChannel(host, peer, stop, query, async (channel, how) => {
    onEvent({ report: { ...explain(channel, Date.now()), ...how } })
    await untilEnd(channel, stop, ({ text: route, reason }) => { onEvent({ switch: { atMs: Date.now(), route, reason } }) })
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

async function untilEnd (channel: ExplainableChannel, stop: AbortSignal, onSwitch: (change: RouteChange) => void): Promise<void> {
  const onRoute = ({ detail }: CustomEvent<RouteChange>): void => { onSwitch(detail) }
  channel.addEventListener('route', onRoute)
  if (!channel.isClosed && !stop.aborted) {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        stop.removeEventListener('abort', end)
        resolve()
      }
      channel.addEventListener('close', end, { once: true })
      stop.addEventListener('abort', end, { once: true })
    })
  }
  channel.removeEventListener('route', onRoute)
}

function isExplainable (channel: OpensChannels['channels'][number]): channel is ExplainableChannel {
  return 'switches' in channel
}

/** @throws MalformedMessageError */
function parsePeer (destination: unknown): PeerId {
  try {
    return peerIdFromString(z.string().max(MAX_ID_LETTERS).parse(destination))
  } catch (cause) {
    throw new MalformedMessageError('arguments: destination expected a peer id', { cause })
  }
}

/** @throws MalformedMessageError */
function queryOf (query: unknown): string | undefined {
  try {
    return readQuery({ query: z.string().max(MAX_TEXT_BYTES).optional().parse(query) })
  } catch (cause) {
    throw new MalformedMessageError(`arguments: ${(cause as Error).message}`, { cause })
  }
}
