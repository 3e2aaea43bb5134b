/**
 * Dials to addresses that others have brought. A peer signs where it is, but keys cost nothing: whoever makes some up can have them say that they are at
 * a victim's, or where nothing answers and each dial takes a place for seconds.
 *
 * So dials are shared among those who ask, by their address prefixes: one that succeeds gives most of its price back. A peer that has not answered from
 * here is tried at few of its addresses at once, and each failure is counted to the address prefix that was dialled, not to the key that named it. It is
 * counted to the prefix of who asked, too: from elsewhere nobody keeps us from dialling an honest peer by naming its neighbours. Where a forwarder brings
 * what asks, a pass, its prefix stands for all behind it: one of these can keep the others from new links to a prefix that it names.
 */
import { addressPrefix, countedPrefix } from './address-prefix.ts'
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import { SharedBucket } from './shared-bucket.ts'
import { TokenBucket } from './token-bucket.ts'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** With dials of ten seconds at most 82 are under way: libp2p has 100 places, and others dial too. */
const DIALS_PER_SECOND = 5
const DIAL_BURST = 32
const DIALS_PER_SECOND_OF_ONE = 2
const DIAL_BURST_OF_ONE = 16
const MAX_NAMES = 1_024
/** Of the price of a dial that succeeds: a handshake costs something, too. Who has 256 peers that answer reaches them in seconds. */
const GIVEN_BACK = 7 / 8
/** Addresses of one peer that have not answered yet, in one dial. */
const MAX_NEW_ADDRESSES = 2
/** Dials to addresses of one prefix, asked for by one, that may fail. */
const FAILURES_PER_SECOND = 0.25
const FAILURE_BURST = 8
/** To forget one of these takes longer than it takes to fill again. */
const MAX_PREFIXES = 4_096
const MAX_ANSWERED = 4_096
const WITHOUT_HOST = ''

/** What may be dialled now; `end` must be called once. */
export interface Dial {
  addresses: Multiaddr[]
  /** @param reached - the remote address of the connection; none where no address answered */
  end: (reached?: Multiaddr) => void
}

export interface DialBudgetInit {
  /** Monotonic, ms. */
  now: () => number
  /** 0 ≤ … < 1 */
  random?: () => number
}

export class DialBudget {
  readonly #init: DialBudgetInit
  readonly #dials: SharedBucket
  /** Who asked and the prefix dialled → dials that may still fail. */
  readonly #failures = new RecentlyUsed<TokenBucket>(MAX_PREFIXES)
  /** With the peer ids that answered there: who is away for a while has not moved. */
  readonly #answered = new RecentlyUsed<true>(MAX_ANSWERED)

  constructor (init: DialBudgetInit) {
    this.#init = init
    this.#dials = new SharedBucket({
      ratePerSecond: DIALS_PER_SECOND, burst: DIAL_BURST, ownPerSecond: DIALS_PER_SECOND_OF_ONE, ownBurst: DIAL_BURST_OF_ONE, maxNames: MAX_NAMES, nowMs: init.now()
    })
  }

  /**
   * A dial to a peer, on the account of the first of those who ask for it that can pay.
   *
   * @param askers - address prefixes; undefined: this machine, which is not counted
   * @returns undefined where it has to wait
   */
  begin (askers: ReadonlyArray<string | undefined>, peer: PeerId, addresses: readonly Multiaddr[]): Dial | undefined {
    for (const asker of askers) {
      if (asker === undefined) {
        return { addresses: [...addresses], end: () => {} }
      }
      const dial = this.#dialFor(asker, peer, addresses)
      if (dial !== undefined) {
        return dial
      }
    }
    return undefined
  }

  /** Which addresses may be dialled for who has paid for the dial elsewhere; none: it has to wait. */
  choose (asker: string, peer: PeerId, addresses: readonly Multiaddr[]): Dial {
    const nowMs = this.#init.now()
    const chosen: Array<{ address: Multiaddr, failures?: TokenBucket }> = []
    let room = MAX_NEW_ADDRESSES
    for (const address of spread(this.#shuffled(addresses))) {
      if (countedPrefix(address) === undefined || this.#answered.get(nameOf(address, peer)) !== undefined) {
        chosen.push({ address })
      } else if (room > 0) {
        const failures = this.#failuresOf(asker, address, nowMs)
        if (failures.take(1, nowMs)) {
          chosen.push({ address, failures })
          room--
        }
      }
    }
    return {
      addresses: chosen.map(({ address }) => address),
      end: (reached) => {
        for (const { address, failures } of chosen) {
          this.#ended(address, peer, failures, reached)
        }
      }
    }
  }

  #dialFor (asker: string, peer: PeerId, addresses: readonly Multiaddr[]): Dial | undefined {
    if (!this.#dials.take(asker, 1, this.#init.now())) {
      return undefined
    }
    const dial = this.choose(asker, peer, addresses)
    if (dial.addresses.length === 0) {
      this.#dials.give(asker, 1, this.#init.now())
      return undefined
    }
    return {
      addresses: dial.addresses,
      end: (reached) => {
        dial.end(reached)
        if (reached !== undefined) {
          this.#dials.give(asker, GIVEN_BACK, this.#init.now())
        }
      }
    }
  }

  /** Addresses elsewhere than the one that answered were dialled before it, or may have been: that one must not pay for a victim's. */
  #ended (address: Multiaddr, peer: PeerId, failures: TokenBucket | undefined, reached: Multiaddr | undefined): void {
    if (reached === undefined) {
      return
    }
    if (addressPrefix(reached) === addressPrefix(address)) {
      failures?.give(1, this.#init.now())
    }
    const name = nameOf(address, peer)
    if (reached.toString() === name) {
      this.#answered.set(name, true)
    }
  }

  #failuresOf (asker: string, address: Multiaddr, nowMs: number): TokenBucket {
    // names may all lead to one place
    const key = `${asker} ${addressPrefix(address) ?? WITHOUT_HOST}`
    let failures = this.#failures.get(key)
    if (failures === undefined) {
      failures = new TokenBucket({ ratePerSecond: FAILURES_PER_SECOND, burst: FAILURE_BURST, nowMs })
      this.#failures.set(key, failures)
    }
    return failures
  }

  /** Begins anywhere, so that none of them is never tried. */
  #shuffled (addresses: readonly Multiaddr[]): Multiaddr[] {
    const from = Math.floor((this.#init.random ?? Math.random)() * addresses.length)
    return [...addresses.slice(from), ...addresses.slice(0, from)]
  }
}

/** One of each prefix, then the others: where one prefix cannot be reached from here, another may. */
function spread (addresses: readonly Multiaddr[]): Multiaddr[] {
  const firsts = new Map<string, Multiaddr>()
  const others = addresses.filter((address) => {
    const prefix = addressPrefix(address) ?? WITHOUT_HOST
    const isFirst = !firsts.has(prefix)
    if (isFirst) {
      firsts.set(prefix, address)
    }
    return !isFirst
  })
  return [...firsts.values(), ...others]
}

/** As a connection's remote address is written. */
function nameOf (address: Multiaddr, peer: PeerId): string {
  const text = address.toString()
  const end = `/p2p/${peer.toString()}`
  return text.endsWith(end) ? text : `${text}${end}`
}
