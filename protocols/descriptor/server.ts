/** Serves a node's own descriptor, and what it knows of others, to whoever asks. */
import { NotFoundError } from '../errors.ts'
import { serve } from '../request-response.ts'
import { descriptorMethod, fitting } from './method.ts'
import type { RoleName } from './fields.ts'
import type { ServeOptions } from '../request-response.ts'
import type { PeerId } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

/** Where sealed descriptors come from. Those of others are passed on as they are: who asks checks them. */
export interface DescriptorSource {
  self: () => Promise<Uint8Array>
  /** What does not fit into the answer is cut from the end; an order that is always the same hides the same ones */
  known: (role: RoleName, limit: number) => Uint8Array[]
  find: (peer: PeerId) => Uint8Array | undefined
  /** Of the host that speaks for an application; absent: none is known here */
  findApplication?: (application: PeerId) => Uint8Array | undefined
}

/** Gives the function that unregisters the protocol. */
export async function serveDescriptors (registrar: Registrar, source: DescriptorSource, options: ServeOptions = {}): Promise<() => Promise<void>> {
  return await serve(registrar, descriptorMethod, async query => {
    switch (query.kind) {
      case 'self':
        return [await source.self()]
      case 'role':
        return fitting(source.known(query.role, query.limit), query.limit)
      case 'peer': {
        return [orNotFound(source.find(query.peer), query.peer)]
      }
      case 'application': {
        return [orNotFound(source.findApplication?.(query.application), query.application)]
      }
    }
  }, options)
}

function orNotFound (descriptor: Uint8Array | undefined, peer: PeerId): Uint8Array {
  if (descriptor == null) {
    throw new NotFoundError(`no descriptor of ${peer} here`)
  }
  return descriptor
}
