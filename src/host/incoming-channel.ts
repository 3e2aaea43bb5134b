// The answering end of a channel. It has no routes of its own: it answers on the one that the initiator uses.
import { At } from '../../protocols/forward/source-route.ts'
import { SEALED_OVERHEAD_BYTES } from '../../protocols/envelope/constants.ts'
import { encodeAttachResult, encodeData, sequenceOf } from '../../protocols/envelope/codec.ts'
import { Kind } from '../../protocols/forward/constants.ts'
import { isSamePath, wayName } from './stream/way-name.ts'
import { AttachRequests } from './attach-requests.ts'
import { Channel } from './channel.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { Way } from '../link/way.ts'
import type { ChannelContext } from './channel.ts'
import type { Frame } from '../../protocols/envelope/codec.ts'
import type { Session } from '../../protocols/envelope/session.ts'

export class IncomingChannel extends Channel {
  #way: Way | undefined
  /** Sequence number of the packet that chose the way: routes differ in delay, the latest sent one counts. */
  #chosenBy = -1
  /** Has the initiator said which route it uses? Until then any of its packets will do; later data says nothing, for it may be spread over several. */
  #isChosen = false
  readonly #attachRequests: AttachRequests

  constructor (context: ChannelContext, session: Session) {
    super(context, session.remote, session)
    const { access, discovery, now, log } = context
    this.#attachRequests = new AttachRequests({ remote: session.remote, channel: this, access, verification: () => discovery.verification, now, log })
  }

  override tick (nowMs: number): void {
    this.closeIfIdle(nowMs)
  }

  protected override activeWay (): Way | undefined {
    return this.#way
  }

  /** The route that the initiator uses, as far as it can be seen here. */
  get theirRoute (): { kind: 'path' | 'direct' | 'none', text: string } {
    if (this.#way === undefined) {
      return { kind: 'none', text: 'no route (nothing has come yet)' }
    }
    const { header } = this.#way
    const forwarders = header[At.kind] === Kind.sourceRouted ? header[At.hopCount] - 2 : undefined
    const text = forwarders === 0 ? 'default' : forwarders === undefined ? 'via labels' : `via ${forwarders} ${forwarders === 1 ? 'forwarder' : 'forwarders'}`
    return { kind: forwarders === 0 ? 'direct' : 'path', text: `${text} (the other side chooses)` }
  }

  protected override activePath (): { key: string } {
    return { key: this.#way === undefined ? 'none' : wayName(this.#way) }
  }

  protected override onEchoRequest (arrival: Arrival): void {
    if (!this.#isChosen) {
      this.#answerOn(arrival)
    }
  }

  protected override onData (arrival: Arrival): void {
    const isChoice = arrival.payload.length === SEALED_OVERHEAD_BYTES + USE_THIS_ROUTE.length
    if (isChoice || !this.#isChosen) {
      this.#isChosen ||= isChoice
      this.#answerOn(arrival)
    }
  }

  protected override onFrame (frame: Frame, arrival: Arrival): void {
    if (frame.type === 'attach-request') {
      void this.#attach(frame.descriptor.slice(), arrival)
    }
  }

  #answerOn (arrival: Arrival): void {
    const sequence = sequenceOf(arrival.payload)
    if (sequence > this.#chosenBy) {
      this.#chosenBy = sequence
      const before = this.#way
      this.#way = arrival.answerOn()
      if (before === undefined || this.#way === undefined || !isSamePath(before, this.#way)) {
        this.pathChanged()
      }
    }
  }

  async #attach (descriptor: Uint8Array, arrival: Arrival): Promise<void> {
    const answer = await this.#attachRequests.take(descriptor)
    if (answer !== undefined) {
      this.answer(encodeAttachResult(answer.forwarder, answer.status), arrival)
    }
  }
}

/** An empty datagram says: this is the route in use, answer on it. */
export const USE_THIS_ROUTE = encodeData(new Uint8Array())
