// Rivals that have become credible, or are not any more: all that they say counts anew. A rival can bring that about itself, word by word, and a look at
// all of its links takes a tenth of a second: so they are looked at a few at a time, however often it has turned meanwhile.
import { MAX_RIVALS } from './rival-words.ts'
import type { NamedLink } from './subscription.ts'

/** Half a millisecond to two: 3 µs each where one rival speaks of a link, 15 µs where sixteen do. */
const LINKS_AT_ONCE = 128
/** So a rival of as many links as may be takes a second, sixteen of them a quarter of a minute, and others have most of the time. */
const PAUSE_MS = 10

export interface TurnedRivalsInit {
  /** Of which it speaks now. */
  linksOf: (rival: string) => Iterable<NamedLink>
  /** What is believed of the link may have changed. */
  onChange: (a: string, b: string) => void
  /** Gives what stops it. */
  startTimer?: (run: () => void, delayMs: number) => () => void
}

interface Walk {
  begin: () => Iterable<NamedLink>
  /** Undefined: it has not begun. */
  links: Iterator<NamedLink> | undefined
  /** It has turned again since the walk began: what was looked at before that is to be looked at again. */
  isAgain: boolean
}

export class TurnedRivals {
  readonly #init: TurnedRivalsInit
  /** The next one first; by rival, those that were removed by symbols. */
  readonly #walks = new Map<string | symbol, Walk>()
  #stopTimer: (() => void) | undefined
  #isStopped = false

  constructor (init: TurnedRivalsInit) {
    this.#init = init
  }

  /** What is believed may still rest on what it was trusted before. */
  has (rival: string): boolean {
    return this.#walks.has(rival)
  }

  turned (rival: string): void {
    const walk = this.#walks.get(rival)
    if (walk === undefined) {
      this.#begin(rival, () => this.#init.linksOf(rival))
    } else {
      walk.isAgain = walk.links !== undefined
    }
  }

  /**
   * Where many are removed at once, the first of them is looked at to its end.
   *
   * @param links - of which it spoke, if it was believed
   */
  removed (rival: string, links: readonly NamedLink[]): void {
    this.#walks.delete(rival)
    const removed = [...this.#walks].filter(([name]) => typeof name === 'symbol')
    for (const [name, walk] of removed.slice(0, Math.max(0, removed.length + 1 - MAX_RIVALS))) {
      this.#goOn(name, walk, Number.POSITIVE_INFINITY)
    }
    if (links.length > 0) {
      this.#begin(Symbol(rival), () => links)
    }
  }

  stop (): void {
    this.#isStopped = true
    this.#stopTimer?.()
    this.#walks.clear()
  }

  #begin (name: string | symbol, begin: Walk['begin']): void {
    if (!this.#isStopped) {
      this.#walks.set(name, { begin, links: undefined, isAgain: false })
      this.#schedule()
    }
  }

  #schedule (): void {
    if (this.#walks.size > 0) {
      this.#stopTimer ??= (this.#init.startTimer ?? startNodeTimer)(() => {
        this.#stopTimer = undefined
        const [next] = this.#walks
        if (next !== undefined) {
          this.#goOn(...next, LINKS_AT_ONCE)
        }
        this.#schedule()
      }, PAUSE_MS)
    }
  }

  /** With a walk, which waits behind the others then. */
  #goOn (name: string | symbol, walk: Walk, count: number): void {
    walk.links ??= walk.begin()[Symbol.iterator]()
    this.#walks.delete(name)
    if (this.#look(walk.links, count)) {
      this.#walks.set(name, walk)
    } else if (walk.isAgain) {
      this.#begin(name, walk.begin)
    }
  }

  /** Gives whether there may be more. */
  #look (links: Iterator<NamedLink>, count: number): boolean {
    for (let looked = 0; looked < count; looked++) {
      const next = links.next()
      if (next.done === true) {
        return false
      }
      this.#init.onChange(...next.value)
    }
    return true
  }
}

function startNodeTimer (run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs)
  return () => { clearTimeout(timer) }
}
