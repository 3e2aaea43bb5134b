/** The body of an answer with a status other than 0. It is never larger than the request, so that nobody can make a node amplify. */
import { checkInteger } from '../field-checks.ts'
import { printable } from '../framing.ts'
import { decoded } from '../method.ts'
import { COOKIE_BYTES, MAX_FAILURE_CHARACTERS, MAX_INDEX } from './constants.ts'
import { checkBody, copyOfLength } from './fields.ts'
import { Failure as WireFailure } from './setup.pb.ts'
import type { Challenge as WireChallenge } from './setup.pb.ts'

/** Come again with this, and with a new order. */
export interface Challenge {
  /** 20 bytes: of the node that speaks, for this source and caller */
  cookie: Uint8Array
  /** leading zero bits that are enough now, 0–255; `solvePuzzle` refuses more than 18 */
  bits: number
}

export interface Failure {
  /** 0–16: place on the path of the node that speaks */
  index: number
  /** for people; of what is received, 200 characters that can be printed */
  message: string
  challenge?: Challenge
}

/** Of a hash, nearly. What is too much for a host is judged when it is solved, so that the failure itself can be read. */
const MAX_BITS = 255
/** Above it the length of a field takes two bytes. */
const MAX_SHORT_LENGTH = 127

/**
 * At most `maxBytes`, which is the length of the request's body: the text is cut after a whole character. Where there is no room
 * for the challenge it is left out, and where there is none for the index the body is empty.
 */
export function encodeFailure ({ index, message, challenge }: Failure, maxBytes: number): Uint8Array {
  const wire: WireFailure = {
    index: checkInteger(index, MAX_INDEX, 'index'),
    message: '',
    challenge: challenge == null ? undefined : copyOfChallenge(challenge)
  }
  for (const withoutText of [wire, { ...wire, challenge: undefined }]) {
    const room = maxBytes - WireFailure.encode(withoutText).length
    if (room >= 0) {
      return WireFailure.encode({ ...withoutText, message: cut(message, room) })
    }
  }
  return new Uint8Array(0)
}

export function decodeFailure (bytes: Uint8Array): Failure {
  const { index, message, challenge } = decoded(() => WireFailure.decode(checkBody(bytes)), 'Failure')
  return {
    index: checkInteger(index, MAX_INDEX, 'index'),
    message: firstCharacters(printable(new TextEncoder().encode(message))),
    challenge: challenge == null ? undefined : copyOfChallenge(challenge)
  }
}

function copyOfChallenge ({ cookie, bits }: Challenge): WireChallenge {
  return { cookie: copyOfLength(cookie, COOKIE_BYTES, 'cookie'), bits: checkInteger(bits, MAX_BITS, 'bits') }
}

/** What of the text fits into a field of `room` bytes, its tag and length included. */
function cut (message: string, room: number): string {
  const shortest = room - 2
  const bytes = new Uint8Array(Math.max(0, shortest <= MAX_SHORT_LENGTH ? shortest : shortest - 1))
  const { written } = new TextEncoder().encodeInto(firstCharacters(message), bytes)
  return new TextDecoder().decode(bytes.subarray(0, written))
}

function firstCharacters (text: string): string {
  return [...text].slice(0, MAX_FAILURE_CHARACTERS).join('')
}
