// The surveyor as it is, in virtual time: forwarders at the ends of emulated lines, none of which helps, and what is true of each link.
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { Surveyor } from '../../../src/rsp/survey/surveyor.ts'
import { TypedEventEmitter } from 'main-event'
import { VirtualLines } from '../../../src/simulation/virtual-lines.ts'
import { VirtualTime } from '../../../src/simulation/virtual-time.ts'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { nodeIdOf } from '../../../protocols/forward/node-id.ts'
import { packetBytes } from '../../../src/rsp/survey/survey-cost.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { sha256 } from '@noble/hashes/sha2.js'
import type { LineInit } from '../../../src/simulation/emulated-line.ts'
import type { LinkSetEvents } from '../../../src/link/link-set.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'
import type { PeerId } from '@libp2p/interface'
import type { ProbeOptions, ProbeResult } from '../../../src/measurement/prober.ts'
import type { SurveyInit, SurveyorInit } from '../../../src/rsp/survey/surveyor.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'

const TIMEOUT_MS = 3_000
const RSP = 'rsp'
/** Unix time at which a scene begins. */
const START_MS = 1_800_000_000_000

export interface EmulatedLink {
  a: number
  b: number
  rttMs: number
  /** Of either direction, 0 to 1. */
  loss?: number
  bytesPerSecond?: number
  crossBytesPerSecond?: number
}

export interface SceneInit {
  /** From the RSP to each forwarder. */
  access: ReadonlyArray<Omit<EmulatedLink, 'a' | 'b'>>
  links: readonly EmulatedLink[]
  survey?: SurveyInit
  random: () => number
}

const CROSS_PACKET_BYTES = 1_000

export async function peers (count: number): Promise<PeerId[]> {
  return Promise.all(Array.from({ length: count }, async (_, i) =>
    peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', sha256(new TextEncoder().encode(`byway survey ${i}`))))))
}

export class VirtualScene {
  readonly time = new VirtualTime()
  readonly lines = new VirtualLines(this.time)
  readonly map = new PerformanceMap()
  readonly surveyor: Surveyor
  /** By forwarder. */
  readonly keys: string[]
  readonly #random: () => number
  readonly #nameOfNode = new Map<string, string>()

  /** @param all - as many as there are forwarders, and the RSP */
  constructor (all: readonly PeerId[], { access, links, survey, random }: SceneInit) {
    const forwarders = all.slice(0, access.length)
    this.#random = random
    this.keys = forwarders.map(String)
    access.forEach((line, i) => { this.#join(RSP, this.keys[i], line) })
    for (const link of links) {
      this.setLink(link)
    }
    this.surveyor = new Surveyor({
      ...survey,
      map: this.map,
      links: NO_LINKS,
      prober: { probe: (nodes: NodeId[], onResult: (result: ProbeResult) => void, options?: ProbeOptions) => this.#probe(nodes, onResult, options) },
      self: all[access.length],
      connectionManager: { getConnections: () => [] },
      descriptor: async () => new Uint8Array(),
      nowMs: () => START_MS + this.time.nowMs,
      timers: this.time,
      log: (): void => {}
    } as unknown as SurveyorInit)
    for (const peer of forwarders) {
      this.#nameOfNode.set(nodeIdOf(peer).join(), peer.toString())
      this.map.addNode(peer.toString())
      this.surveyor.add({ peer, endpoints: [] } as unknown as VerifiedDescriptor)
    }
    this.surveyor.setLinks(links.map(({ a, b }) => [this.keys[a], this.keys[b]] as const))
    this.surveyor.start()
  }

  /** As it is from now on. */
  setLink (link: EmulatedLink): void {
    this.#join(this.keys[link.a], this.keys[link.b], link)
  }

  estimate (a: number, b: number): ReturnType<PerformanceMap['estimate']> {
    return this.map.estimate(this.keys[a], this.keys[b])
  }

  run (forMs: number): this {
    this.time.run(forMs)
    return this
  }

  #join (a: string, b: string, { rttMs, loss, bytesPerSecond, crossBytesPerSecond }: Omit<EmulatedLink, 'a' | 'b'>): void {
    const init: LineInit = {
      delayMs: rttMs / 2,
      loss,
      bytesPerSecond,
      random: this.#random,
      ...(crossBytesPerSecond === undefined ? {} : { cross: { bytesPerSecond: crossBytesPerSecond, packetBytes: CROSS_PACKET_BYTES } })
    }
    this.lines.set(a, b, init)
    this.lines.set(b, a, init)
  }

  #probe (nodes: NodeId[], onResult: (result: ProbeResult) => void, options: ProbeOptions = {}): boolean {
    const there = nodes.map((node) => this.#nameOfNode.get(node.join()) ?? '')
    const sentMs = this.time.nowMs
    const end = (result: ProbeResult): void => {
      cancel()
      onResult(result)
    }
    const cancel = this.time.after(TIMEOUT_MS, () => { end({}) })
    let isBack = false
    this.lines.send([RSP, ...there, ...there.slice(0, -1).reverse(), RSP], packetBytes(nodes.length, options.payloadBytes), () => {
      if (!isBack && this.time.nowMs - sentMs < TIMEOUT_MS) {
        isBack = true
        end({ rttMs: this.time.nowMs - sentMs })
      }
    })
    return true
  }
}

const NO_LINKS = new class extends TypedEventEmitter<LinkSetEvents> {
  get (): undefined {}

  async open (): Promise<void> {}

  close (): void {}
}()
