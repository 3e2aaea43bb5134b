// Scores as they are kept over restarts, and the check of what is read back: a file may be cut off, edited, or of another version.
import { BywayError } from '../../protocols/errors.ts'
import type { ErrorRecord } from './promise-error.ts'
import type { ShareRecord } from './forgetting-share.ts'

export const SCORES_VERSION = 1

/** Of one RSP. Times are Unix time, ms. */
export interface ScoreRecord {
  rtt: ErrorRecord
  loss: ErrorRecord
  kept: ShareRecord
  covered: ShareRecord
  answered: ShareRecord
  latencyMs: [mean: number, deviation: number] | null
  priceMicro: number | null
  answers: number
  failures: number
  promises: number
  broken: number
  seenAtMs: number
}

export interface KeptScores {
  version: typeof SCORES_VERSION
  /** By peer id. */
  scores: Record<string, ScoreRecord>
}

/** An RSP says its price itself; more is not told apart, and could not be read again exactly. */
export const MAX_PRICE_MICRO = Number.MAX_SAFE_INTEGER

/** What was kept is not, or not any more, what this version writes. */
export class UnreadableScoresError extends BywayError {
  override readonly name = 'UnreadableScoresError'
  readonly code = 'UNREADABLE_SCORES'
}

/** Of a peer id as text. */
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{8,128}$/
/** Logarithms and shares; beyond this nobody can have measured. */
const MAX_ERROR = 100
const MAX_ERRORS = 64
const MAX_CASES = 1e6

/**
 * @param kept - what the store gave; undefined: there is nothing
 * @param nowMs - Unix time: what claims to be from the future was written by a clock that was wrong, and counts as of now
 * @param onSpoilt - told of each RSP whose record cannot be read: it costs only itself
 * @throws UnreadableScoresError where there are no records at all
 */
export function readScores (kept: unknown, nowMs: number, onSpoilt: (error: UnreadableScoresError) => void): Record<string, ScoreRecord> {
  if (kept === undefined) {
    return {}
  }
  if (!isObject(kept) || kept.version !== SCORES_VERSION || !isObject(kept.scores)) {
    throw new UnreadableScoresError(`what was kept of RSPs' scores is no record of version ${SCORES_VERSION}`)
  }
  const read: Record<string, ScoreRecord> = {}
  for (const [rsp, record] of Object.entries(kept.scores)) {
    try {
      if (!PEER_ID.test(rsp) || !isObject(record)) {
        throw new UnreadableScoresError('what was kept of RSPs\' scores names something that is no RSP')
      }
      read[rsp] = readRecord(record, nowMs)
    } catch (error) {
      onSpoilt(error as UnreadableScoresError)
    }
  }
  return read
}

function readRecord (record: Record<string, unknown>, nowMs: number): ScoreRecord {
  const time = (value: unknown): number => Math.min(number(value, 0, Number.MAX_SAFE_INTEGER), nowMs)
  const share = (value: unknown): [number, number, number] => {
    const [yes, no, atMs] = tuple(value, 3)
    return [number(yes, 0, MAX_CASES), number(no, 0, MAX_CASES), time(atMs)]
  }
  const errors = (value: unknown): Array<[number, number, number]> => list(value).map((entry) => {
    const [error, weight, atMs] = tuple(entry, 3)
    return [number(error, -MAX_ERROR, MAX_ERROR), number(weight, 0, 1), time(atMs)]
  })
  const latency = record.latencyMs === null ? null : tuple(record.latencyMs, 2)
  return {
    rtt: errors(record.rtt),
    loss: errors(record.loss),
    kept: share(record.kept),
    covered: share(record.covered),
    answered: share(record.answered),
    latencyMs: latency === null ? null : [number(latency[0], 0, MAX_CASES), number(latency[1], 0, MAX_CASES)],
    priceMicro: record.priceMicro === null ? null : number(record.priceMicro, 0, MAX_PRICE_MICRO),
    answers: number(record.answers, 0, Number.MAX_SAFE_INTEGER),
    failures: number(record.failures, 0, Number.MAX_SAFE_INTEGER),
    promises: number(record.promises, 0, Number.MAX_SAFE_INTEGER),
    broken: number(record.broken, 0, Number.MAX_SAFE_INTEGER),
    seenAtMs: time(record.seenAtMs)
  }
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function number (value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new UnreadableScoresError(`what was kept of RSPs' scores holds ${String(value)} where a number from ${least} to ${most} belongs`)
  }
  return value
}

function list (value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > MAX_ERRORS) {
    throw new UnreadableScoresError('what was kept of RSPs\' scores lacks a list of errors')
  }
  return value
}

function tuple (value: unknown, length: number): unknown[] {
  if (!Array.isArray(value) || value.length !== length) {
    throw new UnreadableScoresError(`what was kept of RSPs' scores lacks a list of ${length} numbers`)
  }
  return value
}
