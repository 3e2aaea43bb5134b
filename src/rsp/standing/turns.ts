// Takes the members of a set in turns, whoever comes and goes.

export class Turns<Member> {
  readonly #members: ReadonlySet<Member>
  #turn: Iterator<Member>

  constructor (members: ReadonlySet<Member>) {
    this.#members = members
    this.#turn = members.values()
  }

  /** Undefined where there is none. */
  next (): Member | undefined {
    const next = this.#turn.next()
    if (next.done !== true) {
      return next.value
    }
    this.#turn = this.#members.values()
    return this.#turn.next().value as Member | undefined
  }
}
