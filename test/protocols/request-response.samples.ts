/** What the specs of the request/response engine share: a protocol of plain text, and a pair of nodes. */
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import type { Connection } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Method } from '../../protocols/request-response.ts'
import type { TestNode } from '../helpers/nodes.ts'

export const text: Method<string, string> = {
  protocol: '/byway/test/1.0.0',
  maxRequestBytes: 1024,
  maxResponseBytes: 64 * 1024,
  deadlineMs: 2000,
  encodeRequest: message => fromString(message),
  decodeRequest: bytes => {
    if (bytes[0] === 0xff) {
      throw new TypeError('a decoder that fails in its own way')
    }
    return toString(bytes)
  },
  encodeResponse: message => fromString(message),
  decodeResponse: bytes => toString(bytes)
}

/** Its server gives up soon */
export const impatient = { ...text, deadlineMs: 150 }

export interface Pair {
  server: TestNode
  client: TestNode
  /** From client to server */
  connection: Connection
  /** The server's */
  registrar: Registrar
}

/** Registers hooks that make a pair of nodes for a suite. */
export function pairOfNodes (): Pair {
  const pair = {} as Pair

  before(async () => {
    pair.server = await createNode()
    pair.client = await createNode()
    pair.registrar = pair.server.services.internals.registrar
  })

  beforeEach(async () => {
    pair.connection = await connected(pair.client, pair.server)
  })

  afterEach(async () => {
    await pair.server.unhandle(text.protocol)
  })

  after(async () => {
    await stopNodes()
  })
  return pair
}
