// What each forwarder says of its links, and what is to be believed of it.
import { KeptView, worseOf } from './link-view.ts'
import { StatedLinks } from './stated-links.ts'
import type { LinkEstimate } from './link-view.ts'
import type { OwnViews } from './exchange/own-measurement.ts'

export class LinkViews {
  readonly #maxPerNode: number
  /** from → to → what `from` says of the link. */
  readonly #views = new Map<string, Map<string, KeptView>>()
  /** Links that an end calls down: what is said of them beside that does not count. */
  readonly down: StatedLinks
  /** Undefined: who is asked for which links is not known. */
  #isAsked: ((a: string, b: string) => boolean) | undefined

  /** @param maxPerNode - what one forwarder says must not fill the memory */
  constructor (maxPerNode: number) {
    this.#maxPerNode = maxPerNode
    this.down = new StatedLinks(maxPerNode)
  }

  /** Which links both ends are asked for, as far as they can be. Until this is known one end's word counts alone. */
  ask (isAsked: (a: string, b: string) => boolean): void {
    this.#isAsked = isAsked
  }

  get (from: string, to: string): KeptView | undefined {
    return this.#views.get(from)?.get(to)
  }

  /** A new one where there is none; undefined where there is no room. */
  open (from: string, to: string): KeptView | undefined {
    const known = this.#views.get(from)
    const view = known?.get(to)
    if (view !== undefined || (known?.size ?? 0) >= this.#maxPerNode) {
      return view
    }
    const opened = new KeptView(from, to)
    if (known === undefined) {
      this.#views.set(from, new Map([[to, opened]]))
    } else {
      known.set(to, opened)
    }
    return opened
  }

  of (from: string): KeptView[] {
    return [...this.#views.get(from)?.values() ?? []]
  }

  /** What others say of their links to it. */
  about (to: string): KeptView[] {
    return [...this.#views.values()].flatMap((views) => views.get(to) ?? [])
  }

  all (): KeptView[] {
    return [...this.#views.values()].flatMap((views) => [...views.values()])
  }

  /** Those that nobody has confirmed since the start, or since the clock was set. */
  remembered (): KeptView[] {
    return this.all().filter(({ isRemembered }) => isRemembered)
  }

  /** Those of which the other end says nothing, or was not heard as lately. */
  oneSided (): KeptView[] {
    return this.all().filter(({ from, to, isRemembered }) => this.get(to, from)?.isRemembered !== isRemembered)
  }

  delete (from: string, to: string): void {
    const views = this.#views.get(from)
    if (views?.delete(to) === true && views.size === 0) {
      this.#views.delete(from)
    }
  }

  /** What both ends say, as far as it counts. */
  counted (a: string, b: string): OwnViews {
    const [ofA, ofB] = [this.get(a, b), this.get(b, a)]
    const isAlone = ofA === undefined || ofB === undefined
    return this.down.has(a, b) || (isAlone && this.#isAsked?.(a, b) === false) ? NOTHING : { ofA, ofB }
  }

  /**
   * A round trip is the same from both ends, so both are believed only as far as they agree: the worse value counts. Who
   * wants to draw traffic by a lie needs the other end to lie too. A live word counts alone beside a remembered one, of a link that is asked for.
   */
  estimate (a: string, b: string): LinkEstimate | undefined {
    const { ofA, ofB } = this.counted(a, b)
    if (ofA !== undefined && ofB !== undefined && ofA.isRemembered !== ofB.isRemembered && this.#isAsked?.(a, b) !== false) {
      return ofA.isRemembered ? worseOf(undefined, ofB) : worseOf(ofA, undefined)
    }
    return worseOf(ofA, ofB)
  }
}

const NOTHING: OwnViews = { ofA: undefined, ofB: undefined }
