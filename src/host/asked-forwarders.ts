// The forwarders at which a host is attached because it was asked to be: by its own channels and paths, or by peers. There are few places, so they are
// shared fairly: the host's own come first, and a peer that asks for many gives way to one that has fewer.

/** For whom something asks: a peer (its id), or the host itself. */
export type Owner = string | undefined

export class AskedForwarders {
  readonly #most: number
  /** By forwarder, the one asked for first in front: who asks, and for whom. */
  readonly #askers = new Map<string, Map<object, Owner>>()

  constructor (most: number) {
    this.#most = most
  }

  get size (): number {
    return this.#askers.size
  }

  get isFull (): boolean {
    return this.#askers.size >= this.#most
  }

  has (forwarder: string): boolean {
    return this.#askers.has(forwarder)
  }

  keys (): string[] {
    return [...this.#askers.keys()]
  }

  add (forwarder: string, asker: object, owner: Owner): void {
    const askers = this.#askers.get(forwarder) ?? new Map<object, Owner>()
    this.#askers.set(forwarder, askers.set(asker, owner))
  }

  /** Another one has its place. */
  drop (forwarder: string): void {
    this.#askers.delete(forwarder)
  }

  /** The asker has ended: what only it asked for is needed no more. */
  release (asker: object): void {
    for (const [forwarder, askers] of this.#askers) {
      if (askers.delete(asker) && askers.size === 0) {
        this.#askers.delete(forwarder)
      }
    }
  }

  /** Which one has to go for one more of this owner: the oldest of the peer that has most, unless the owner would then have as many as that. Undefined: none. */
  lossFor (owner: Owner): string | undefined {
    const counts = this.#counts()
    const [most, count] = [...counts].reduce<[string | undefined, number]>((a, b) => b[1] > a[1] ? b : a, [undefined, 0])
    if (most === undefined || (owner !== undefined && count < (counts.get(owner) ?? 0) + 2)) {
      return undefined
    }
    return this.keys().find((forwarder) => this.#onlyOwnerOf(forwarder) === most)
  }

  /** Of each peer, those that are asked for by nobody else. */
  #counts (): Map<string, number> {
    const counts = new Map<string, number>()
    for (const forwarder of this.#askers.keys()) {
      const owner = this.#onlyOwnerOf(forwarder)
      if (owner !== undefined) {
        counts.set(owner, (counts.get(owner) ?? 0) + 1)
      }
    }
    return counts
  }

  #onlyOwnerOf (forwarder: string): Owner {
    const owners = [...(this.#askers.get(forwarder) as Map<object, Owner>).values()]
    return owners.every((owner) => owner === owners[0]) ? owners[0] : undefined
  }
}
