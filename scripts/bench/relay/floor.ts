// What no relay over Noise connections in Node can be faster than: each batch is decrypted and encrypted once, with the cipher that libp2p's
// Noise uses for messages of this size, and nothing else is done with it.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { LABELLED_HEADER_BYTES } from '../../../protocols/forward/constants.ts'
import { MAX_BATCH_BYTES } from '../../../src/link/packet-queue.ts'

const CIPHER = 'chacha20-poly1305'
const OPTIONS = { authTagLength: 16 }
const KEY = randomBytes(32)
const NONCE = new Uint8Array(12)
const WARM_UP_BATCHES = 500

interface Sealed { text: Uint8Array, tag: Uint8Array }

/** Labelled packets with so large a payload per second of CPU time, in full batches. Takes as long, and not much more. */
export function cryptoPacketsPerCpuSecond (payloadBytes: number, durationMs: number): number {
  const packetsPerBatch = Math.floor(MAX_BATCH_BYTES / (payloadBytes + LABELLED_HEADER_BYTES))
  const sealed = seal(randomBytes(packetsPerBatch * (payloadBytes + LABELLED_HEADER_BYTES)))
  for (let batch = 0; batch < WARM_UP_BATCHES; batch++) {
    seal(open(sealed))
  }
  const before = process.cpuUsage()
  const untilMs = performance.now() + durationMs
  let batches = 0
  for (; performance.now() < untilMs; batches++) {
    seal(open(sealed))
  }
  const { user, system } = process.cpuUsage(before)
  return batches * packetsPerBatch / (user + system) * 1e6
}

function seal (bytes: Uint8Array): Sealed {
  const cipher = createCipheriv(CIPHER, KEY, NONCE, OPTIONS)
  const text = cipher.update(bytes)
  cipher.final()
  return { text, tag: cipher.getAuthTag() }
}

function open ({ text, tag }: Sealed): Uint8Array {
  const decipher = createDecipheriv(CIPHER, KEY, NONCE, OPTIONS)
  decipher.setAuthTag(tag)
  const bytes = decipher.update(text)
  decipher.final()
  return bytes
}
