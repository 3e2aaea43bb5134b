// What libp2p's Noise does for each message, and a busy forwarder cannot afford:
//
// - It copies the ciphertext where that came in two reads, which is most large messages, for a cipher that could write over it and does not.
// - It makes an error, with its stack, to say that the beginning of the next length has not come.
// - It leaves what it has read, and what it has written, to the collector of garbage (freed-memory.ts).
//
// To be dropped when Noise does without.
import { Uint8ArrayList } from 'uint8arraylist'
import { freeBlock } from './freed-memory.ts'
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'

/** What we need to know of an encrypted connection. */
interface NoiseConnection extends MessageStream {
  decrypt?: (message: Uint8ArrayList) => Uint8ArrayList
  encrypt?: (data: Uint8Array | Uint8ArrayList) => Uint8ArrayList
  sendData?: (data: Uint8ArrayList) => { sentBytes: number, canSendMore: boolean }
  handshake?: { decrypt: (message: Uint8ArrayList) => Uint8Array | Uint8ArrayList }
  metrics?: Record<'decryptedPackets' | 'decryptErrors', { increment: () => void }>
  decoder?: { lengthDecoder?: (data: Uint8Array | Uint8ArrayList) => number }
  /** The connection below. */
  stream?: MessageStream & { socket?: { writableLength?: number, cork?: unknown } }
}

type Known = Required<Omit<NoiseConnection, 'metrics'>> & Pick<NoiseConnection, 'metrics'>

const LENGTH_BYTES = 2
/** What the reader of lengths takes for 'not yet'. */
const NOT_YET = new RangeError('the length has not come')
/** Of messages: sixteen bytes are the tag. */
const MIN_MESSAGE_BYTES = 16

export function leanNoise<Components> (inner: (components: Components) => ConnectionEncrypter): (components: Components) => ConnectionEncrypter {
  return (components) => {
    const encrypter = inner(components)
    const secureInbound = encrypter.secureInbound.bind(encrypter)
    const secureOutbound = encrypter.secureOutbound.bind(encrypter)
    encrypter.secureInbound = async (...args) => lean(await secureInbound(...args))
    encrypter.secureOutbound = async (...args) => lean(await secureOutbound(...args))
    return encrypter
  }
}

/** Where the connection is none that we know, it stays as it is. */
function lean<Secured extends SecuredConnection> (secured: Secured): Secured {
  const connection = secured.connection as NoiseConnection
  if (isKnown(connection)) {
    connection.decoder.lengthDecoder = lengthOf
    readLean(connection)
    writeLean(connection)
  }
  return secured
}

function isKnown (connection: NoiseConnection): connection is Known {
  const { decrypt, encrypt, sendData, handshake, decoder, stream } = connection
  return [decrypt, encrypt, sendData, handshake?.decrypt, decoder?.lengthDecoder].every((method) => typeof method === 'function') && stream !== undefined
}

/** Big endian, as in the Noise specification, section 13. */
function lengthOf (data: Uint8Array | Uint8ArrayList): number {
  if (data.byteLength < LENGTH_BYTES) {
    throw NOT_YET
  }
  return data instanceof Uint8Array ? data[0] << 8 | data[1] : data.get(0) << 8 | data.get(1)
}

/** Without a place to write to, both ciphers of Noise take a new one: so no plaintext lies in what was read, and that is of no more use. */
function readLean (connection: Known): void {
  const { handshake, metrics, stream } = connection
  const isTcp = isSocket(stream)
  connection.decrypt = (message) => {
    try {
      if (message.byteLength < MIN_MESSAGE_BYTES) {
        throw new RangeError('a message shorter than its tag')
      }
      const plaintext = new Uint8ArrayList(handshake.decrypt(message))
      metrics?.decryptedPackets.increment()
      return plaintext
    } catch (error) {
      metrics?.decryptErrors.increment()
      throw error
    } finally {
      if (isTcp) {
        // who has come to the end of what was read in one piece has read what is before, too
        freeAll(message, Infinity)
      }
    }
  }
}

/** What the cipher made is nobody else's, and of no more use once the system has taken it. */
function writeLean (connection: Known): void {
  const { stream } = connection
  if (!isSocket(stream)) {
    return
  }
  connection.sendData = (data) => {
    const sentBytes = data.byteLength
    const ciphertext = connection.encrypt(data)
    const canSendMore = stream.send(ciphertext)
    if (stream.writeBufferLength === 0 && stream.socket?.writableLength === 0) {
      freeAll(ciphertext, 0)
    }
    return { sentBytes, canSendMore }
  }
}

function freeAll (parts: Uint8ArrayList, headBytes: number): void {
  for (const part of parts) {
    freeBlock(part, headBytes)
  }
}

/** Is the connection below one of libp2p's TCP connections? What others read they may have from a memory that they share. */
function isSocket ({ socket }: Known['stream']): boolean {
  return typeof socket?.cork === 'function' && typeof socket.writableLength === 'number'
}
