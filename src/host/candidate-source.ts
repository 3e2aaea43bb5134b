// Which of the forwarders that were found a host considers: those that it can dial, or is connected with. A page can dial few of them, and
// the others must not take their places.
import { canConnect } from '../discovery/connect.ts'
import type { AccessSet } from './access-set.ts'
import type { Directory } from '../discovery/directory.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface CandidateSourceInit {
  connectionManager: ConnectionManager
  directory: Pick<Directory, 'ofRole'>
  access: Pick<AccessSet, 'has' | 'consider'>
}

/** Which addresses can be dialled is found out for one after the other. What is beyond so many that wait comes with `refill`. */
const MAX_WAITING = 256

export class CandidateSource {
  readonly #init: CandidateSourceInit
  readonly #waiting = new Set<VerifiedDescriptor>()
  /** Those that have been candidates, and those that cannot be dialled: they have another turn with a newer descriptor. */
  readonly #hadTurn = new WeakSet<VerifiedDescriptor>()

  constructor (init: CandidateSourceInit) {
    this.#init = init
  }

  /** Considers it if it can be dialled. */
  offer (descriptor: VerifiedDescriptor): void {
    if (this.#init.access.has(descriptor.peer)) {
      this.#consider(descriptor)
    } else if (this.#waiting.size < MAX_WAITING) {
      this.#waiting.add(descriptor)
      if (this.#waiting.size === 1) {
        void this.#work()
      }
    }
  }

  /** Offers so many of those that there was no place for when they were found. */
  refill (places: number): void {
    if (places > 0 && this.#waiting.size === 0) {
      const { directory, access } = this.#init
      const others = directory.ofRole('forwarder').filter((descriptor) => !this.#hadTurn.has(descriptor) && !access.has(descriptor.peer))
      others.slice(0, places).forEach((descriptor) => { this.offer(descriptor) })
    }
  }

  stop (): void {
    this.#waiting.clear()
  }

  async #work (): Promise<void> {
    // what is added meanwhile is seen, too
    for (const descriptor of this.#waiting) {
      const isDialable = await canConnect(this.#init.connectionManager, descriptor)
      // unless stopped meanwhile
      if (this.#waiting.delete(descriptor)) {
        if (isDialable) {
          this.#consider(descriptor)
        } else {
          this.#hadTurn.add(descriptor)
        }
      }
    }
  }

  #consider (descriptor: VerifiedDescriptor): void {
    this.#init.access.consider(descriptor)
    if (this.#init.access.has(descriptor.peer)) {
      this.#hadTurn.add(descriptor)
    }
  }
}
