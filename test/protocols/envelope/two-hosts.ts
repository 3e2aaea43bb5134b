// Two hosts with fixed keys, randomness and time, for the specs of the envelope; the values stand in the golden file.
import wire from '../../fixtures/wire/envelope.json' with { type: 'json' }
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { acceptInit, createInit } from '../../../protocols/envelope/handshake.ts'
import type { PendingSession, RandomBytes } from '../../../protocols/envelope/handshake.ts'
import type { Session } from '../../../protocols/envelope/session.ts'

export interface Golden {
  initiatorSeed: string
  responderSeed: string
  flowLabel: string
  sessionId: string
  initiatorEphemeralSecret: string
  responderEphemeralSecret: string
  initAtMs: number
  responseAtMs: number
  init: string
  response: string
  sealed: Array<{ name: string, from: 'initiator' | 'responder', sequence: number, frame: string, envelope: string }>
}

export const golden = wire as unknown as Golden

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

export const NOW_MS = golden.initAtMs
export const initiatorKey = await generateKeyPairFromSeed('Ed25519', bytes(golden.initiatorSeed))
export const responderKey = await generateKeyPairFromSeed('Ed25519', bytes(golden.responderSeed))
export const strangerKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(0x53))
export const initiator = peerIdFromPrivateKey(initiatorKey)
export const responder = peerIdFromPrivateKey(responderKey)
export const flowLabel = bytes(golden.flowLabel)

/** Session ids are told from secrets by their length. */
const fixedRandom = (secret: string): RandomBytes => length => length === 8 ? bytes(golden.sessionId) : bytes(secret)

export async function goldenInit (): Promise<{ message: Uint8Array, pending: PendingSession }> {
  return createInit({
    privateKey: initiatorKey, remote: responder, flowLabel, nowMs: NOW_MS, randomBytes: fixedRandom(golden.initiatorEphemeralSecret)
  })
}

export async function goldenResponse (init: Uint8Array): Promise<{ message: Uint8Array, session: Session }> {
  return acceptInit(init, {
    privateKey: responderKey, nowMs: golden.responseAtMs, randomBytes: fixedRandom(golden.responderEphemeralSecret)
  })
}

/** An established session with fixed keys. */
export async function goldenSessions (): Promise<{ atInitiator: Session, atResponder: Session }> {
  const { message: init, pending } = await goldenInit()
  const { message: response, session: atResponder } = await goldenResponse(init)
  return { atInitiator: await pending.complete(response, golden.responseAtMs), atResponder }
}

/** A fresh init with real randomness. */
export async function freshInit (nowMs = NOW_MS): Promise<{ message: Uint8Array, pending: PendingSession }> {
  return createInit({ privateKey: initiatorKey, remote: responder, flowLabel, nowMs })
}

/** `message` with the bits of `mask` turned over at `at`. */
export function altered (message: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = message.slice()
  copy[at] ^= mask
  return copy
}
