// Which standing queries have a path in use over which link: whom a change of the link concerns.

const NODES = 65_536

export class PresentPaths<Standing> {
  /** By the numbers of both nodes. */
  readonly #users = new Map<number, Set<Standing>>()

  add (nodes: readonly number[], standing: Standing): void {
    for (let hop = 1; hop < nodes.length; hop++) {
      const name = nodes[hop - 1] * NODES + nodes[hop]
      const users = this.#users.get(name)
      if (users === undefined) {
        this.#users.set(name, new Set([standing]))
      } else {
        users.add(standing)
      }
    }
  }

  remove (nodes: readonly number[], standing: Standing): void {
    for (let hop = 1; hop < nodes.length; hop++) {
      const name = nodes[hop - 1] * NODES + nodes[hop]
      const users = this.#users.get(name)
      users?.delete(standing)
      if (users?.size === 0) {
        this.#users.delete(name)
      }
    }
  }

  over (from: number, to: number): Iterable<Standing> {
    return this.#users.get(from * NODES + to) ?? []
  }
}
