// Peers with signed descriptors, and callers as the request/response engine presents them.
import { multiaddr } from '@multiformats/multiaddr'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { NETWORK, NOW_MS, descriptorOf, keyOf, peerOf } from '../helpers/descriptors.ts'
import type { DescriptorInit, RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Caller } from '../../protocols/request-response.ts'
import type { Discovery } from '../../src/discovery/discovery.ts'

const ROLES: Record<RoleName, Partial<DescriptorInit>> = {
  forwarder: {},
  rsp: { forwarder: undefined, rsp: { mapKind: 'reports', metrics: ['delay'], priceMicro: 0n } },
  host: { forwarder: undefined, host: { access: [] } },
  bootstrap: { forwarder: undefined, bootstrap: true }
}

/** The signed descriptor of node `number`. */
export async function sealed (number: number, role: RoleName, overrides: Partial<DescriptorInit> = {}): Promise<Uint8Array> {
  return await sealDescriptor(await descriptorOf(number, { ...ROLES[role], ...overrides }), await keyOf(number))
}

export async function opened (number: number, role: RoleName, overrides: Partial<DescriptorInit> = {}): Promise<VerifiedDescriptor> {
  return await openDescriptor(await sealed(number, role, overrides), { nowMs: NOW_MS, network: NETWORK })
}

/** @param address - where it calls from; default: this machine */
export async function callerOf (number: number, address = '/ip4/127.0.0.1/tcp/4001'): Promise<Caller> {
  return { peer: await peerOf(number), connection: { remoteAddr: multiaddr(address) } as unknown as Caller['connection'], signal: new AbortController().signal }
}

/** What a forwarder's parts use of discovery. */
export interface FakeDiscovery {
  learned: VerifiedDescriptor[]
  advertised: string[]
  asDiscovery: Discovery
}

export function fakeDiscovery (): FakeDiscovery {
  const learned: VerifiedDescriptor[] = []
  const advertised: string[] = []
  const asDiscovery = {
    verification: { nowMs: NOW_MS, network: NETWORK },
    learn: (descriptor: VerifiedDescriptor) => { learned.push(descriptor) },
    advertiseHost: async (peer: { toString: () => string }) => { advertised.push(peer.toString()) }
  } as unknown as Discovery
  return { learned, advertised, asDiscovery }
}
