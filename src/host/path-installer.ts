// Sets up paths from this host: in one pass along the path, or hop by hop with the exit first. The result is the same.
import { equals } from 'uint8arrays/equals'
import { encodeAnswer } from '../../protocols/route/codec.ts'
import { InvalidSignatureError, NotFoundError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { MAX_PROOFS, MAX_PUZZLE_BITS, PROVISIONAL_LEASE_MS } from '../../protocols/setup/constants.ts'
import { LabelledAt } from '../../protocols/forward/labelled.ts'
import { RefreshChain } from '../../protocols/setup/refresh-chain.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { SetupFailedError, spokenFrom } from '../../protocols/setup/errors.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { signOrder, verifyEcho } from '../../protocols/setup/order.ts'
import { solvePuzzle } from '../../protocols/setup/puzzle.ts'
import { wayUnder } from '../link/way.ts'
import { ChallengeJar } from './challenge-jar.ts'
import { PuzzleBudget } from './puzzle-budget.ts'
import { InstalledPath } from './installed-path.ts'
import type { SetUpStyle, Want } from './set-up-style.ts'
import { startTimer } from './start-timer.ts'
import type { PuzzleWork } from './puzzle-budget.ts'
import type { StartTimer } from './start-timer.ts'
import type { OfferedPath } from './provider-set.ts'
import type { EndLabel } from '../link/end-labels.ts'
import type { Endpoint } from '../link/endpoint.ts'
import type { Install, Installed } from '../../protocols/setup/codec.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { SignedOrder } from '../../protocols/setup/order.ts'
import type { SetupClient } from '../../protocols/setup/client.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'

export interface PathInstallerInit {
  self: PeerId
  privateKey: PrivateKey
  endpoint: Endpoint
  client: SetupClient
  /** Monotonic, ms. */
  now: () => number
  /** Unix time, ms. */
  nowUnixMs: () => number
  /** Default: the platform's timers. */
  startTimer?: StartTimer
  /** Default: one of the usual size. */
  puzzles?: PuzzleBudget
  log: Logger
}

export interface InstallOptions {
  style?: SetUpStyle
  signal?: AbortSignal
}

/**
 * A node under load asks to come again with a cookie, and in one pass those behind it are not heard before it is content. So each may ask once, one of them
 * once more with more effort, and the last attempt succeeds; but each is a signature, and a message along the path.
 */
const MAX_ATTEMPTS = 8

/** What is to be set up. */
interface Wanted {
  path: OfferedPath
  destination: PeerId
  want: Want
  anchor: Uint8Array
  signal?: AbortSignal
}

/** What nodes of the path have asked for since the first attempt: only for these it works, since a cookie that is kept says what was asked once. */
interface Asked {
  indexes: Set<number>
  work: PuzzleWork
}

/** What one attempt has to show. */
interface Attempt {
  path: OfferedPath
  destination: PeerId
  signed: SignedOrder
  install: Omit<Install, 'index' | 'backLabel' | 'bound'>
  signal?: AbortSignal
}

export class PathInstaller {
  readonly #init: PathInstallerInit
  readonly #installed = new Set<InstalledPath>()
  readonly #challenges = new ChallengeJar()
  readonly #puzzles: PuzzleBudget

  constructor (init: PathInstallerInit) {
    this.#init = init
    this.#puzzles = init.puzzles ?? new PuzzleBudget({ now: init.now })
  }

  /**
   * Installs labels for the path on every hop, and keeps nothing where one of them declines.
   *
   * @throws SetupFailedError with the index of the hop that declines; UnavailableError, DeadlineError, the signal's reason
   */
  async install (path: OfferedPath, destination: PeerId, { style = 'one-pass', signal }: InstallOptions = {}): Promise<InstalledPath> {
    const startedMs = this.#init.now()
    const first = path.forwarders[0]
    const neighbour = nodeIdOf(first)
    const chain = new RefreshChain(crypto.getRandomValues(new Uint8Array(16)))
    const end = this.#init.endpoint.labels.give({ neighbour, isDestination: false, expiresAtMs: Infinity })
    if (end === undefined) {
      throw new OverQuotaError('as many paths as this host may have are installed: remove some')
    }
    try {
      const label = await this.#attempts({ path, destination, want: 'labels', anchor: chain.anchor, signal }, async (attempt) => style === 'one-pass'
        ? this.#onePass(attempt, end.label)
        : this.#hopByHop(attempt, end.label))
      end.way = wayUnder(label, neighbour)
      end.expiresAtMs = this.#init.now() + PROVISIONAL_LEASE_MS
      if (this.#init.endpoint.labels.find(end.label, neighbour, this.#init.now()) !== end) {
        this.#removeAt(first, { label })
        throw new UnavailableError('the connection to the first forwarder ended while the path was set up')
      }
      const installed = new InstalledPath({ path, destination, style, end, label, chain, setUpMs: this.#init.now() - startedMs, client: this.#init.client, labels: this.#init.endpoint.labels, now: this.#init.now, startTimer: this.#init.startTimer ?? startTimer, log: this.#init.log })
      this.#installed.add(installed)
      installed.addEventListener('end', () => { this.#installed.delete(installed) }, { once: true })
      // with the echo packets can go; a refresh that is declined ends the path, which whoever holds it is told
      void installed.refresh().catch(() => {})
      return installed
    } catch (error) {
      this.#init.endpoint.labels.release(end.label)
      throw error
    }
  }

  /**
   * A hop authenticator of each forwarder of the path, entry first (8 bytes each).
   *
   * @throws as `install`
   */
  async authenticators (path: OfferedPath, destination: PeerId, { style = 'one-pass', signal }: InstallOptions = {}): Promise<Uint8Array[]> {
    const anchor = new Uint8Array(16)
    return this.#attempts({ path, destination, want: 'authenticators', anchor, signal }, async (attempt) => {
      if (style === 'one-pass') {
        const { echo, authenticators } = await this.#ask(attempt, 0, false)
        await this.#checkEcho(attempt, echo)
        return allOf(authenticators, path)
      }
      const answers = await Promise.all(path.forwarders.map(async (_, index) => this.#ask(attempt, index, true)))
      return allOf(answers.flatMap(({ authenticators }) => authenticators.slice(0, 1)), path)
    })
  }

  /** The path whose packets begin their way under this label (8 bytes) of this forwarder. */
  installedUnder (label: Uint8Array, forwarder: PeerId): InstalledPath | undefined {
    return [...this.#installed].find(({ path, way }) => path.forwarders[0].equals(forwarder) && equals(label, way.header.subarray(LabelledAt.slot, LabelledAt.payload)))
  }

  /** A forwarder has removed the path whose packets come back under this label. */
  removed (end: EndLabel): void {
    for (const installed of this.#installed) {
      if (installed.end === end) {
        installed.lost('a forwarder has removed it')
      }
    }
  }

  /** The connection to a forwarder has ended, and with it what that forwarder had for us. */
  neighbourGone (forwarder: PeerId): void {
    for (const installed of this.#installed) {
      if (installed.path.forwarders[0].equals(forwarder)) {
        installed.lost('the connection to the first forwarder has ended')
      }
    }
  }

  async removeAll (): Promise<void> {
    await Promise.all([...this.#installed].map(async (installed) => installed.remove()))
  }

  /** Tries again with what is asked for, and with a new order each time: the old one may have been seen. */
  async #attempts<T> (wanted: Wanted, run: (attempt: Attempt) => Promise<T>): Promise<T> {
    const nodes = [this.#init.self, ...wanted.path.forwarders, wanted.destination]
    const asked: Asked = { indexes: new Set(), work: this.#puzzles.ofOneSetUp() }
    const maxAttempts = Math.min(MAX_ATTEMPTS, wanted.path.forwarders.length + 3)
    for (let attempt = 1; ; attempt++) {
      try {
        return await run(await this.#prepare(wanted, asked))
      } catch (error) {
        if (!(error instanceof SetupFailedError) || error.challenge === undefined || error.challenge.bits > MAX_PUZZLE_BITS || error.index >= nodes.length - 1 || attempt >= maxAttempts) {
          throw error
        }
        this.#challenges.add(nodes[error.index], nodes[error.index + 1], error.challenge, this.#init.now())
        asked.indexes.add(error.index)
      }
    }
  }

  async #prepare ({ path, destination, want, anchor, signal }: Wanted, { indexes, work }: Asked): Promise<Attempt> {
    signal?.throwIfAborted()
    const challenges = [...this.#challenges.of(this.#init.self, path.forwarders, destination, this.#init.now())].slice(-MAX_PROOFS)
    const signed = await signOrder({
      source: this.#init.self,
      destination,
      sourceSalt: path.salts.source,
      destinationSalt: path.salts.destination,
      pathDigest: sha256(path.offer.path),
      flowLabel: crypto.getRandomValues(new Uint8Array(16)),
      nonce: crypto.getRandomValues(new Uint8Array(16)),
      issuedAtMs: this.#init.nowUnixMs(),
      anchor,
      want
    }, this.#init.privateKey)
    const proofs: Install['proofs'] = []
    for (const [index, { cookie, bits }] of challenges) {
      const isAsked = bits > 0 && indexes.has(index)
      if (isAsked) {
        work.spend(bits)
      }
      proofs.push({ index, cookie, solution: isAsked ? await solvePuzzle(cookie, signed.id, bits, { signal }) : undefined })
    }
    const install = {
      authority: encodeAnswer({ root: path.root, offers: [path.offer] }),
      order: signed.order,
      signature: signed.signature,
      proofs
    }
    return { path, destination, signed, install, signal }
  }

  async #onePass (attempt: Attempt, backLabel: Label): Promise<Label> {
    const { label, echo } = await this.#ask(attempt, 0, false, backLabel)
    try {
      await this.#checkEcho(attempt, echo)
      return labelOf(label)
    } catch (error) {
      this.#removeAt(attempt.path.forwarders[0], { label })
      throw error
    }
  }

  async #hopByHop (attempt: Attempt, backLabel: Label): Promise<Label> {
    const { forwarders } = attempt.path
    const exit = forwarders.length - 1
    let installed: PeerId | undefined
    let label: Label | undefined
    try {
      for (let index = exit; index >= 0; index--) {
        const answer = await this.#ask(attempt, index, index < exit, index === 0 ? backLabel : undefined)
        installed = forwarders[index]
        label = answer.label
        if (index === exit) {
          await this.#checkEcho(attempt, answer.echo)
        }
      }
      return labelOf(label)
    } catch (error) {
      if (installed !== undefined) {
        // those behind it are bound to it, and hear of it from there
        this.#removeAt(installed, label === undefined ? { orderId: attempt.signed.id } : { label })
      }
      throw error
    }
  }

  async #ask ({ path, install, signed, signal }: Attempt, index: number, bound: boolean, backLabel?: Label): Promise<Installed> {
    const peer = path.forwarders[index]
    return spokenFrom(index, this.#init.client.install(peer, { ...install, index, bound, backLabel }, {
      signal,
      onLate: ({ label }) => { this.#removeAt(peer, label === undefined ? { orderId: signed.id } : { label }) }
    }))
  }

  /** @throws InvalidSignatureError unless the destination has signed that it was asked */
  async #checkEcho ({ signed, destination }: Attempt, echo: Uint8Array | undefined): Promise<void> {
    if (echo === undefined || !await verifyEcho(signed.id, echo, destination)) {
      throw new InvalidSignatureError('the set-up does not bring back the echo of its destination: somebody on the path answered in its place')
    }
  }

  #removeAt (peer: PeerId, what: { label?: Label, orderId?: Uint8Array }): void {
    if (what.label !== undefined || what.orderId !== undefined) {
      this.#init.client.remove(peer, what).catch((error: unknown) => {
        this.#init.log('%p was not told that a path is not wanted, it will expire there - %e', peer, error)
      })
    }
  }
}

/** @throws NotFoundError unless there is one for each forwarder */
function allOf (authenticators: Uint8Array[], { forwarders }: OfferedPath): Uint8Array[] {
  if (authenticators.length !== forwarders.length) {
    throw new NotFoundError(`${authenticators.length} authenticators came for ${forwarders.length} forwarders`)
  }
  return authenticators
}

function labelOf (label: Label | undefined): Label {
  if (label === undefined) {
    throw new NotFoundError('the first forwarder gave no label')
  }
  return label
}
