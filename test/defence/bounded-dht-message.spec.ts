import assert from 'node:assert/strict'
import { concat } from 'uint8arrays/concat'
import { boundedDhtMessage } from '../../src/defence/bounded-dht-message.ts'
import { bytesField, FieldCursor } from '../../src/defence/field-cursor.ts'
import { ADDRESS, madeUpId } from '../integration/dht-messages.ts'

const LIMITS = { maxCloser: 20, maxProviders: 16 }
const TYPE = Uint8Array.of(1 << 3, 3)
const KEY = bytesField(2, new Uint8Array(34))

function peer (number: number, addresses: Uint8Array[] = [ADDRESS]): Uint8Array {
  return concat([bytesField(1, madeUpId(number)), ...addresses.map((address) => bytesField(2, address))])
}

/** What is in the fields of one number. */
function values (message: Uint8Array, number: number): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const cursor = new FieldCursor(message); cursor.next();) {
    if (cursor.number === number) {
      found.push(cursor.value)
    }
  }
  return found
}

describe('bounded message of the DHT', () => {
  it('leaves an honest one as it is', () => {
    const closer = Array.from({ length: 10 }, (_, number) => bytesField(8, peer(number, [ADDRESS, ADDRESS])))
    const providers = Array.from({ length: 16 }, (_, number) => bytesField(9, peer(number)))
    const message = concat([TYPE, KEY, ...closer, ...providers])
    assert.deepEqual(boundedDhtMessage(message, LIMITS), message)
  })

  it('keeps the peers, and the addresses of each, that come first', () => {
    const addresses = Array.from({ length: 100 }, (_, number) => Uint8Array.of(number))
    const peers = Array.from({ length: 100 }, (_, number) => peer(number, addresses))
    const bounded = boundedDhtMessage(concat([TYPE, ...peers.map((one) => bytesField(8, one)), ...peers.map((one) => bytesField(9, one))]), LIMITS)
    const [closer, providers] = [values(bounded, 8), values(bounded, 9)]
    assert.deepEqual([closer.length, providers.length], [20, 16])
    assert.deepEqual(closer[19], peer(19, addresses.slice(0, 16)))
  })

  it('leaves out addresses and ids that are longer than any, and peers without an id', () => {
    const long = new Uint8Array(385)
    const peers = [peer(1, [long, ADDRESS]), bytesField(1, new Uint8Array(65)), bytesField(2, ADDRESS)]
    const bounded = boundedDhtMessage(concat([TYPE, ...peers.map((one) => bytesField(8, one))]), LIMITS)
    assert.deepEqual(values(bounded, 8), [peer(1)])
  })

  it('leaves out what a decoder could take for something else: unknown fields, known ones of another type, all but the first of one', () => {
    const odd = concat([
      Uint8Array.of(8 << 3, 5), // closer, as a number
      bytesField(1, new Uint8Array(4)), // the type, as bytes
      bytesField(15, new Uint8Array(4)),
      Uint8Array.of(1 << 3, 4)
    ])
    assert.deepEqual(boundedDhtMessage(concat([TYPE, odd]), LIMITS), TYPE)
  })

  it('refuses one that cannot be read', () => {
    assert.throws(() => boundedDhtMessage(concat([TYPE, Uint8Array.of(8 << 3 | 2, 100)]), LIMITS), { name: 'MalformedMessageError' })
    assert.throws(() => boundedDhtMessage(concat([TYPE, bytesField(8, Uint8Array.of(0x0a, 100))]), LIMITS), { name: 'MalformedMessageError' })
  })
})
