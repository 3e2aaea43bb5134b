// The numbers that stand for peers and links in the map store, in memory and in the file. Peers and links come and go without a bound: a
// number to which nothing refers any more is given up in both. Its changes belong to the store's transactions.
import type { Row, Statements } from './map-store-rows.ts'

/** A link of the file, by the numbers of itself and its ends. */
export interface LinkName {
  id: number
  a: number
  b: number
}

export class MapNames {
  readonly #statements: Statements
  readonly #peers = new Map<string, number>()
  readonly #keys = new Map<number, string>()
  /** By the numbers of both ends. */
  readonly #links = new Map<string, number>()
  /** By peer: how many links it has. */
  readonly #degrees = new Map<number, number>()
  /** What takes this transaction's changes back, in the order in which they were made. */
  #undone: Array<() => void> = []

  constructor (statements: Statements) {
    this.#statements = statements
    for (const { id, key } of statements.peers.iterate() as Iterable<Row>) {
      this.#enterPeer(id as number, key as string)
    }
    for (const { id, a, b } of statements.links.iterate() as Iterable<Row>) {
      this.#enterLink({ id: id as number, a: a as number, b: b as number })
    }
  }

  begin (): void {
    this.#undone = []
  }

  /** The transaction has come to nothing. */
  undo (): void {
    for (const undo of this.#undone.splice(0).reverse()) {
      undo()
    }
  }

  peerOf (key: string): number | undefined {
    return this.#peers.get(key)
  }

  /** Of a link that has one; `one` and `other` in any order. */
  linkOf (one: string, other: string): number | undefined {
    const [a, b] = one < other ? [one, other] : [other, one]
    return this.#links.get(nameOf(this.#peers.get(a), this.#peers.get(b)))
  }

  /** The ends of all links. */
  links (): Array<[string, string]> {
    return [...this.#links.keys()].map((ends) => {
      const [a, b] = ends.split(' ').map((id) => this.#keys.get(Number(id)) as string)
      return [a, b]
    })
  }

  /** Gives a number where there is none. */
  addPeer (key: string): number {
    const known = this.#peers.get(key)
    if (known !== undefined) {
      return known
    }
    const id = Number(this.#statements.addPeer.run(key).lastInsertRowid)
    this.#enterPeer(id, key)
    this.#undone.push(() => { this.#leavePeer(id, key) })
    return id
  }

  /** Likewise; `a` before `b` in the alphabet. */
  addLink (a: string, b: string): number {
    const [from, to] = [this.addPeer(a), this.addPeer(b)]
    const known = this.#links.get(nameOf(from, to))
    if (known !== undefined) {
      return known
    }
    const link = { id: Number(this.#statements.addLink.run(from, to).lastInsertRowid), a: from, b: to }
    this.#enterLink(link)
    this.#undone.push(() => { this.#leaveLink(link) })
    return link.id
  }

  /** Gives the link up where it has no history, and its ends where nothing else refers to them. */
  tidyLink (link: LinkName): void {
    if (this.#statements.removeLink.run(link.id).changes === 0) {
      return
    }
    this.#leaveLink(link)
    this.#undone.push(() => { this.#enterLink(link) })
    this.tidyPeer(link.a)
    this.tidyPeer(link.b)
  }

  /** Gives the peer up where it is no node, says nothing, and has no link. */
  tidyPeer (id: number): void {
    const key = this.#keys.get(id)
    if (key !== undefined && !this.#degrees.has(id) && this.#statements.removePeer.run(id).changes > 0) {
      this.#leavePeer(id, key)
      this.#undone.push(() => { this.#enterPeer(id, key) })
    }
  }

  #enterPeer (id: number, key: string): void {
    this.#peers.set(key, id)
    this.#keys.set(id, key)
  }

  #leavePeer (id: number, key: string): void {
    this.#peers.delete(key)
    this.#keys.delete(id)
  }

  #enterLink ({ id, a, b }: LinkName): void {
    this.#links.set(nameOf(a, b), id)
    for (const end of [a, b]) {
      this.#degrees.set(end, (this.#degrees.get(end) ?? 0) + 1)
    }
  }

  #leaveLink ({ a, b }: LinkName): void {
    this.#links.delete(nameOf(a, b))
    for (const end of [a, b]) {
      const degree = this.#degrees.get(end) as number
      if (degree > 1) {
        this.#degrees.set(end, degree - 1)
      } else {
        this.#degrees.delete(end)
      }
    }
  }
}

function nameOf (a: number | undefined, b: number | undefined): string {
  return `${a} ${b}`
}
