// The bytes in the fixture were put together from the tables of the README, not by this code.
import assert from 'node:assert/strict'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { Kind, NoticeCode, PayloadType } from '../../../protocols/forward/constants.ts'
import { EnvelopeType } from '../../../protocols/envelope/constants.ts'
import { encodeIdentified, readIdentified } from '../../../protocols/forward/identified.ts'
import { decodeLabelNotice, encodeLabelNotice, encodeLabelled, readLabel } from '../../../protocols/forward/labelled.ts'
import { decodeCredit, encodeCredit } from '../../../protocols/forward/link-control.ts'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { decodeNotice, encodeNotice } from '../../../protocols/forward/notice.ts'
import { decodeProbe, encodeProbe } from '../../../protocols/forward/probe.ts'
import { encodeSourceRoute, replyHeader } from '../../../protocols/forward/source-route.ts'
import golden from '../../fixtures/wire/forward.json' with { type: 'json' }
import { bytes, embedded, hex, packetOf } from './samples.ts'

describe('forward golden bytes', () => {
  it('makes the node id of a peer from the hash of its id', () => {
    const peer = peerIdFromPublicKey(publicKeyFromRaw(bytes(golden.nodeId.peerIdMultihash).subarray(6)))
    assert.equal(hex(peer.toMultihash().bytes), golden.nodeId.peerIdMultihash)
    assert.equal(hex(nodeIdOf(peer)), golden.nodeId.nodeId)
  })

  it('encodes a credit to its golden bytes and back', () => {
    const { consumedBytes, frame } = golden.credit
    assert.equal(hex(encodeCredit(consumedBytes)), frame)
    const { buffer, at } = embedded(bytes(frame))
    assert.equal(decodeCredit(buffer, at, frame.length / 2), consumedBytes)
  })

  it('encodes a probe to its golden bytes and back', () => {
    const id = BigInt(`0x${golden.probe.id}`)
    assert.equal(hex(encodeProbe(id)), golden.probe.payload)
    assert.equal(decodeProbe(bytes(golden.probe.payload)), id)
  })

  for (const { name, flags, nodes, authorized, payload, packet } of golden.sourceRouted) {
    it(`encodes a source-routed packet to its golden bytes: ${name}`, () => {
      const header = encodeSourceRoute({
        nodes: golden.nodes.slice(0, nodes).map(bytes),
        expiryS: golden.expiryS,
        ...(authorized ? { pathTag: bytes(golden.pathTag), authenticators: golden.authenticators.map(bytes) } : {})
      })
      assert.equal(hex(packetOf(header, bytes(payload), flags)), packet)
    })
  }

  it('answers a packet that arrived with its golden bytes', () => {
    const { arrived, payload, packet } = golden.reply
    assert.equal(hex(packetOf(replyHeader(bytes(arrived)), bytes(payload))), packet)
  })

  for (const { name, code, cause, notice } of golden.notices) {
    it(`encodes a notice to its golden bytes and back: ${name}`, () => {
      const { buffer, at } = embedded(bytes(cause))
      const made = encodeNotice(buffer, at, cause.length / 2, code as NoticeCode)
      assert.equal(made === undefined ? undefined : hex(made), notice)
      const read = decodeNotice(bytes(notice))
      assert.equal(read?.code, code)
      assert.equal(hex(read.pathTag), golden.pathTag)
      assert.ok(golden.nodes.slice(1, 3).includes(hex(read.reporter)))
      assert.deepEqual(read.walked.map(hex), golden.nodes.slice(0, read.walked.length))
      assert.ok(notice.endsWith(hex(read.quote)))
    })
  }

  it('encodes a labelled packet to its golden bytes and back', () => {
    const { slot, check, flags, payload, packet } = golden.labelled
    assert.equal(hex(packetOf(encodeLabelled({ slot, check }), bytes(payload), flags)), packet)
    const { buffer, at } = embedded(bytes(packet))
    assert.deepEqual(readLabel(buffer, at, packet.length / 2), { slot, check, endpoint: 0 })
  })

  it('encodes a notice about a label to its golden bytes and back', () => {
    const { cause, notice, code } = golden.labelNotice
    const { buffer, at } = embedded(bytes(cause))
    const made = encodeLabelNotice(buffer, at, cause.length / 2, NoticeCode.unknownLabel)
    assert.equal(made === undefined ? undefined : hex(made), notice)
    const read = decodeLabelNotice(bytes(notice), 0, notice.length / 2)
    assert.equal(read?.code, code)
    assert.equal(hex(read.label), cause.slice(12, 28))
    assert.equal(hex(read.quote), cause.slice(28, 28 + 64))
  })

  for (const name of ['group', 'delegate'] as const) {
    it(`encodes a packet to a ${name} to its golden bytes and back`, () => {
      const { identifier, flags, payload, packet } = golden[name]
      assert.equal(hex(packetOf(encodeIdentified({ kind: Kind[name], identifier: bytes(identifier) }), bytes(payload), flags)), packet)
      const { buffer, at } = embedded(bytes(packet))
      const read = readIdentified(buffer, at, packet.length / 2)
      assert.equal(read?.kind, Kind[name])
      assert.equal(hex(read.identifier), identifier)
    })
  }

  it('has one set of payload types for packets and envelopes', () => {
    assert.deepEqual(
      { ...EnvelopeType, probe: PayloadType.probe },
      { init: 1, response: 2, sealed: 3, probe: 16 }
    )
  })
})
