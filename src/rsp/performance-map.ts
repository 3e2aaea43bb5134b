// What an RSP knows of the forwarders and their links. Values come from reports or from surveys, or are remembered from before
// a restart; path finding reads snapshots. Nothing here does I/O, so that replay can drive it too.
//
//   reports, surveys ─▶ views (what each end says) ─▶ link-snapshots.ts (what is believed) ─▶ snapshot
//                         └─▶ changes ─▶ map-recorder.ts ─▶ map-store.ts
import { LinkAge } from './link-age.ts'
import { LinkSnapshots } from './link-snapshots.ts'
import { LinkViews } from './link-views.ts'
import { NodeIndex } from '../topology/node-index.ts'
import { NodeStatements } from './node-statements.ts'
import { NumberedAttributes } from './numbered-attributes.ts'
import { UnwillingNodes } from './unwilling-nodes.ts'
import { attributesOf } from '../discovery/node-attributes.ts'
import { isRemembered, ownProvenance } from './exchange/link-provenance.ts'
import { isSettled } from './exchange/own-measurement.ts'
import { lesserCapacity, metricsOf } from './believed-metrics.ts'
import type { Graph } from '../topology/graph.ts'
import type { NodePredicate } from './node-selection.ts'
import type { NodeSet } from '../topology/node-set.ts'
import type { ArchivedView } from './map-archive.ts'
import type { KeptView, LinkEstimate, LinkView } from './link-view.ts'
import type { LinkProvenance } from './exchange/link-provenance.ts'
import type { TwoClocks } from './link-age.ts'
import type { MapChanges } from './map-changes.ts'
import type { MapExchange } from './exchange/map-exchange.ts'
import type { OwnViews } from './exchange/own-measurement.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'
import type { Source } from './node-statements.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

export type { DirectionEstimate } from './link-direction.ts'
export type { LinkEstimate, LinkView } from './link-view.ts'

/** As many links as a report can name: what one forwarder says must not fill the memory. */
const MAX_VIEWS_PER_NODE = 512

export interface PerformanceMapInit {
  /**
   * While links only change their values, a snapshot serves for so long: under many reports and queries at once it is not
   * laid out anew for each. Default 0: every snapshot has the newest values.
   */
  snapshotMs?: number
  /** What its own values are, and whose, for `provenanceOf`. Default: reports. */
  mapKind?: 'reports' | 'surveys'
  /** Our own peer id, as text. */
  self?: string
  /** By which steps of the wall clock are told. Default: they are not. */
  clocks?: TwoClocks
}

export class PerformanceMap {
  readonly #init: PerformanceMapInit
  readonly #nodes = new NodeIndex()
  readonly #links: LinkSnapshots
  readonly #views = new LinkViews(MAX_VIEWS_PER_NODE)
  readonly #statements = new NodeStatements(MAX_VIEWS_PER_NODE)
  readonly #unwilling = new UnwillingNodes(this.#statements, (key) => this.#nodes.indexOf(key))
  readonly #attributes = new NumberedAttributes()
  /** What is to be written; undefined: nothing is kept. */
  #changes: MapChanges | undefined
  /** What other RSPs say; undefined: nothing is exchanged. */
  #exchange: MapExchange | undefined
  readonly #age: LinkAge

  constructor (init: PerformanceMapInit = {}) {
    this.#init = init
    this.#age = new LinkAge(init.clocks)
    this.#links = new LinkSnapshots(init.snapshotMs ?? 0)
  }

  /** Believes what other RSPs say where we do not know better ourselves, and tells it what we measure. */
  exchangeWith (exchange: MapExchange): void {
    this.#exchange = exchange
  }

  /** Other links of these nodes are asked for now. Of one that is not the word of one end alone does not count: the other has not been asked, and cannot contradict. */
  ask (isAsked: (a: string, b: string) => boolean, keys: ReadonlySet<string>): void {
    this.#views.ask(isAsked)
    for (const { from, to } of this.#views.oneSided()) {
      if (keys.has(from) || keys.has(to)) {
        this.reconsider(from, to)
      }
    }
  }

  /** Lists all further changes there. */
  listChanges (changes: MapChanges): void {
    this.#changes = changes
  }

  /** Makes a forwarder usable as a path of its own, links or not. */
  addNode (key: string): number {
    const known = this.#nodes.indexOf(key)
    if (known !== undefined) {
      return known
    }
    const node = this.#nodes.add(key)
    this.#statements.policyVersion++
    this.#links.coverNodes(this.#nodes.nodeCount)
    for (const view of this.#views.about(key)) {
      this.reconsider(view.from, key)
      this.#changes?.addView(view)
    }
    this.#changes?.addNode(key)
    return node
  }

  /** Takes what a forwarder, a node of the map, says of itself in its descriptor. */
  describe (key: string, descriptor: Pick<VerifiedDescriptor, 'operator' | 'tags' | 'forwarder' | 'bytes' | 'expiresAtMs'>): void {
    this.#describe(key, attributesOf(descriptor), descriptor)
  }

  /** Forgets a forwarder that is gone, and all its links. */
  removeNode (key: string): void {
    const node = this.#nodes.indexOf(key)
    if (node === undefined) {
      return
    }
    this.#links.removeNode(node)
    this.#nodes.delete(key)
    this.#attributes.set(node, undefined)
    this.#statements.forget(key)
    this.#views.down.forget(key)
    this.#exchange?.removeNode(key)
    for (const view of [...this.#views.of(key), ...this.#views.about(key)]) {
      this.#delete(view)
    }
    this.#changes?.addNode(key)
  }

  /** Takes what `from`, a node of the map, says of its link to `to`, which may become one later. */
  set (from: string, to: string, view: LinkView): void {
    this.#noticeStep()
    const kept = this.#open(from, to)
    if (kept !== undefined) {
      kept.update(view)
      this.#tell(kept)
      this.reconsider(from, to)
      this.#changes?.addView(kept)
    }
  }

  /**
   * Takes in what was known before a restart; its nodes are there already. It yields to the first word about the same link
   * from either end, and is forgotten where none comes for as long as a link may be silent.
   */
  remember (views: Iterable<ArchivedView>, nowMs: number): void {
    this.#age.remember(nowMs)
    for (const { from, to, ...view } of views) {
      const kept = this.#views.get(from, to) === undefined ? this.#open(from, to) : undefined
      if (kept !== undefined) {
        kept.update(view)
        kept.movementUs2 = view.movementUs2
        kept.reports = view.reports
        kept.recall(nowMs)
        this.reconsider(from, to)
      }
    }
  }

  /** As `describe`, of what was kept. */
  rememberNode (key: string, attributes: NodeAttributes, source: Source): void {
    this.addNode(key)
    this.#describe(key, attributes, source)
  }

  /** `from` says that it has no such link any more: it was found down, and what others said of it before does not hold either. */
  remove (from: string, to: string): void {
    this.#exchange?.lost(from, to)
    this.release(from, to)
  }

  /** Takes from `from`, a node of the map, whether its link to `to` is down. Until it takes that back, or says nothing more of the link, nobody's word of it counts. */
  setDown (from: string, to: string, isDown: boolean): void {
    if (isDown) {
      this.remove(from, to)
    }
    if (this.#nodes.indexOf(from) !== undefined && this.#views.down.set(from, to, isDown)) {
      this.reconsider(from, to)
    }
  }

  /** `from` does not look at the link any more, and says nothing of it. */
  release (from: string, to: string): void {
    this.#delete(this.#views.get(from, to))
    this.reconsider(from, to)
  }

  /** What is said of the link has changed, or how far that is trusted. A link that either end has closed, or calls down, is none. */
  reconsider (a: string, b: string): void {
    const from = this.#nodes.indexOf(a)
    const to = this.#nodes.indexOf(b)
    if (from === undefined || to === undefined) {
      return
    }
    const believed = this.estimate(a, b)
    if (believed === undefined) {
      this.#links.remove(from, to)
      return
    }
    const capacityBytesPerSecond = lesserCapacity(this.attributes[from], this.attributes[to])
    const [forth, back] = [believed.forth, believed.back].map((direction) => metricsOf(believed, direction, capacityBytesPerSecond))
    this.#links.put(from, to, { forth, back })
  }

  /**
   * Removes the links of which `from` says nothing any more, and those that it has called down are so no more.
   *
   * @param options.sparesRemembered - but not those remembered from before a restart or a sleep: a forwarder whose lease has ended
   * meanwhile watches nothing, and reports nothing, until it is asked again
   */
  retain (from: string, tos: ReadonlySet<string>, options: { sparesRemembered?: boolean } = {}): void {
    this.#noticeStep()
    for (const { to, isRemembered } of this.#views.of(from)) {
      if (!tos.has(to) && !(isRemembered && options.sparesRemembered === true)) {
        this.release(from, to)
      }
    }
    this.takeBackDown(from, tos)
  }

  /** Links that `from` has called down are so no more, but for those to these: what has no age must not outlive its speaker. */
  takeBackDown (from: string, but: ReadonlySet<string>): void {
    for (const to of this.#views.down.by(from)) {
      if (!but.has(to)) {
        this.setDown(from, to, false)
      }
    }
  }

  /** Takes from `from`, a node of the map, whether it carries paths of others over its link to `to`. */
  setClosed (from: string, to: string, closed: boolean): void {
    if (this.#nodes.indexOf(from) !== undefined && this.#statements.setClosed(from, to, closed)) {
      this.reconsider(from, to)
      this.#changes?.addNode(from)
    }
  }

  /** Takes whose paths a forwarder, a node of the map, carries; undefined: anyone's. */
  setPolicy (key: string, policy: PolicyStatement | undefined): void {
    const isNode = this.#nodes.indexOf(key) !== undefined
    if (this.#statements.setPolicy(key, isNode ? policy : undefined)) {
      this.#changes?.addNode(key)
    }
  }

  /** Takes what a forwarder, a node of the map, asks per GB that it sends on, in millionths of its operator's unit. */
  setPrice (key: string, priceMicroPerGb: number): void {
    if (this.#nodes.indexOf(key) === undefined || !this.#statements.setPrice(key, priceMicroPerGb)) {
      return
    }
    for (const { from, to } of [...this.#views.of(key), ...this.#views.about(key)]) {
      this.reconsider(from, to)
    }
    this.#changes?.addNode(key)
  }

  /** Forwarders that do not take paths of this RSP; another set only when they may be others. */
  unwilling (rsp: PeerId): ReadonlySet<number> {
    return this.#unwilling.of(rsp)
  }

  /** What nodes say of themselves, as it is to be kept. */
  get statements (): Pick<NodeStatements, 'attributesOf' | 'sourceOf' | 'closedBy' | 'policyOf' | 'policyVersion' | 'priceOf'> {
    return this.#statements
  }

  /** What each node says of itself, by its number; undefined where it has said nothing. Another array when something has changed. */
  get attributes (): ReadonlyArray<NodeAttributes | undefined> {
    return this.#attributes.all
  }

  /** The numbers of the nodes that say this of themselves, as a set to avoid or to keep to. It is shared: it must not be changed. */
  nodesWhere (predicate: NodePredicate): NodeSet {
    return this.#attributes.nodesWhere(predicate)
  }

  /** What is believed of the link from `a` to `b`; undefined where nobody speaks of it, or an end has closed it or calls it down. */
  estimate (a: string, b: string): LinkEstimate | undefined {
    const believed = this.#statements.isClosed(a, b) || this.#views.down.has(a, b) ? undefined : this.#believed(a, b)
    if (believed !== undefined) {
      believed.forth.priceMicroPerGb = this.#statements.priceOf(a)
      believed.back.priceMicroPerGb = this.#statements.priceOf(b)
    }
    return believed
  }

  /** Whose measurements the value rests on that is believed of the link; none where nobody speaks of it. */
  provenanceOf (a: string, b: string): LinkProvenance[] {
    const own = this.ownViews(a, b)
    const { mapKind = 'reports', self = '' } = this.#init
    return this.#exchange?.provenanceOf(a, b, this.#views.estimate(a, b), isRemembered(own)) ?? ownProvenance(own, mapKind, self)
  }

  /** What both ends say of the link, as far as it counts; nothing of it comes from other RSPs. */
  ownViews (a: string, b: string): OwnViews {
    return this.#views.counted(a, b)
  }

  /** What a forwarder says of its links, to nodes of the map and to others. */
  viewsOf (from: string): KeptView[] {
    return this.#views.of(from)
  }

  indexOf (key: string): number | undefined {
    return this.#nodes.indexOf(key)
  }

  keyOf (node: number): string {
    return this.#nodes.keyOf(node) as string
  }

  get nodeCount (): number {
    return this.#nodes.size
  }

  snapshot (nowMs: number): Graph {
    this.#noticeStep()
    const oldestMs = this.#age.oldestAllowedMs(nowMs)
    const held = this.#links.held(nowMs, oldestMs)
    if (held !== undefined) {
      return held
    }
    if (this.#age.endRecall(nowMs)) {
      for (const { from, to } of this.#views.remembered()) {
        this.release(from, to)
      }
    }
    return this.#links.take(nowMs, oldestMs)
  }

  /** Every directed link with its combined value. */
  * links (): Generator<{ from: string, to: string, rttUs: number }> {
    for (const { from, to, rttUs } of this.#links.all()) {
      yield { from: this.keyOf(from), to: this.keyOf(to), rttUs }
    }
  }

  #describe (key: string, attributes: NodeAttributes, source: Source): void {
    const node = this.#nodes.indexOf(key)
    if (node !== undefined) {
      this.#statements.describe(key, attributes, source)
      this.#attributes.set(node, attributes)
      this.#changes?.addNode(key)
    }
  }

  /** Undefined for strangers, and where there is no room. */
  #open (from: string, to: string): KeptView | undefined {
    return from === to || this.#nodes.indexOf(from) === undefined ? undefined : this.#views.open(from, to)
  }

  #delete (view: KeptView | undefined): void {
    if (view !== undefined) {
      this.#views.delete(view.from, view.to)
      this.#changes?.addView(view)
    }
  }

  /**
   * Where the wall clock was set, or we have slept, all that was heard by then, and was not too old, is as if from before a restart.
   * Looked for before anything is taken in, so that all on the map is dated by one clock.
   */
  #noticeStep (): void {
    const step = this.#age.step()
    if (step === undefined) {
      return
    }
    const { beforeMs, nowMs } = step
    const oldestMs = this.#age.oldestAllowedMs(beforeMs)
    this.#age.remember(nowMs)
    this.#exchange?.recall(nowMs)
    for (const view of this.#views.all()) {
      if (view.measuredAtMs < oldestMs) {
        this.#delete(view)
      } else {
        view.recall(nowMs)
      }
      this.reconsider(view.from, view.to)
    }
  }

  /** A value of a few samples is as likely ours to be wrong as a rival's. */
  #tell (view: KeptView): void {
    const { from, to } = view
    const own = this.#exchange === undefined || this.#nodes.indexOf(to) === undefined || !isSettled(view) ? undefined : this.#views.estimate(from, to)
    if (own !== undefined) {
      this.#exchange?.measured(from, to, own)
    }
  }

  #believed (a: string, b: string): LinkEstimate | undefined {
    const own = this.#views.estimate(a, b)
    return this.#exchange === undefined ? own : this.#exchange.believed(a, b, own, isRemembered(this.ownViews(a, b)))
  }
}
