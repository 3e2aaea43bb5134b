/**
 * What an RSP makes of the text of a query, clause by clause: what it supports, and which of its offers keep what. What a host
 * shows to people comes from here, so every text is bounded and printable.
 */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { MAX_CLAUSES, MAX_CLAUSE_BYTES, MAX_EXPLANATION_BYTES, MAX_NOTE_BYTES, MAX_PATHS } from './constants.ts'
import { Strength, Support } from './route.pb.ts'
import type { Verdict as WireVerdict } from './route.pb.ts'

export interface ClauseVerdict {
  /** In the language's own spelling, so that two RSPs call one clause the same. */
  clause: string
  /** An offer that does not keep it is worth nothing to who asked. */
  isMandatory: boolean
  isSupported: boolean
  /** Of each offer of the answer, in its order. */
  kept: boolean[]
  /** Why it is not supported; of the objective also that the search was cut short. */
  note?: string
}

export interface Verdict {
  clauses: ClauseVerdict[]
  /** What the objective comes to for who measures delay and loss alone. */
  weights?: { delay: number, loss: number }
  /** JSON; whoever shows it checks its form. */
  explanation?: string
}

const TEXT = new TextEncoder()
/** Would throw for bytes that are no text. */
const READ_TEXT = new TextDecoder('utf-8', { fatal: true })

/** A clause as it stands in a verdict, wherever it comes from. */
export function clauseName (clause: string): string {
  return shown(cut(clause, MAX_CLAUSE_BYTES), MAX_CLAUSE_BYTES)
}

/** Texts that are too long are cut; throws for what no one would accept. */
export function encodeVerdict ({ clauses, weights, explanation }: Verdict): WireVerdict {
  const wire: WireVerdict = {
    clauses: clauses.map(({ clause, isMandatory, isSupported, kept, note }) => ({
      clause: cut(clause, MAX_CLAUSE_BYTES),
      strength: isMandatory ? Strength.MANDATORY : Strength.OPTIONAL,
      support: isSupported ? Support.SUPPORTED : Support.UNSUPPORTED,
      kept: kept.reduce((bits, isKept, i) => isKept ? bits | 1 << i : bits, 0),
      note: cut(note ?? '', MAX_NOTE_BYTES)
    })),
    weights,
    explanation: withArrayBuffer(TEXT.encode(explanation ?? ''))
  }
  decodeVerdict(wire, MAX_PATHS)
  return wire
}

/**
 * @param offers - how many the answer has
 * @throws MalformedMessageError
 */
export function decodeVerdict ({ clauses, weights, explanation }: WireVerdict, offers: number): Verdict {
  if (clauses.length > MAX_CLAUSES) {
    throw new MalformedMessageError(`a verdict on ${clauses.length} clauses where ${MAX_CLAUSES} are allowed`)
  }
  if (explanation.length > MAX_EXPLANATION_BYTES) {
    throw new MalformedMessageError(`an explanation of ${explanation.length} bytes where ${MAX_EXPLANATION_BYTES} are allowed`)
  }
  return {
    clauses: clauses.map(({ clause, strength, support, kept, note }) => {
      if ((strength !== Strength.MANDATORY && strength !== Strength.OPTIONAL) || (support !== Support.SUPPORTED && support !== Support.UNSUPPORTED)) {
        throw new MalformedMessageError('a clause is mandatory or optional, and supported or not')
      }
      const said = shown(note, MAX_NOTE_BYTES)
      return {
        clause: shown(clause, MAX_CLAUSE_BYTES),
        isMandatory: strength === Strength.MANDATORY,
        isSupported: support === Support.SUPPORTED,
        kept: Array.from({ length: offers }, (_, i) => (kept >>> i & 1) === 1),
        ...(said === '' ? {} : { note: said })
      }
    }),
    ...(weights === undefined ? {} : { weights: checkedWeights(weights) }),
    ...(explanation.length === 0 ? {} : { explanation: textOf(explanation) })
  }
}

function checkedWeights ({ delay, loss }: { delay: number, loss: number }): { delay: number, loss: number } {
  if (![delay, loss].every((weight) => Number.isFinite(Math.fround(weight)) && weight >= 0)) {
    throw new MalformedMessageError('the weights of a verdict are finite and not negative')
  }
  return { delay, loss }
}

function shown (text: string, maxBytes: number): string {
  if (TEXT.encode(text).length > maxBytes) {
    throw new MalformedMessageError(`a text of a verdict has at most ${maxBytes} bytes`)
  }
  return text.replace(/\p{C}/gu, '?')
}

function textOf (bytes: Uint8Array): string {
  try {
    return READ_TEXT.decode(bytes)
  } catch (cause) {
    throw new MalformedMessageError('the explanation is not UTF-8', { cause })
  }
}

/** At the end of a character, with a sign that something is missing. */
function cut (text: string, maxBytes: number): string {
  const bytes = TEXT.encode(text)
  return bytes.length <= maxBytes ? text : `${new TextDecoder().decode(bytes.subarray(0, maxBytes - 7)).replace(/\uFFFD+$/, '')}…`
}
