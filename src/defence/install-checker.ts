// The checks of an install in the order of their cost, the same for forwarders and for destinations: bounds, what needs no
// signature, cookie and puzzle, signatures. What was seen before costs no signature.
import { BywayError, NotAuthorizedError, OverQuotaError } from '../../protocols/errors.ts'
import { decodeInstall } from '../../protocols/setup/codec.ts'
import { MAX_ORDER_AGE_MS } from '../../protocols/setup/constants.ts'
import { failureAt } from '../../protocols/setup/errors.ts'
import { checkPlace, openInstall, verifyOrder } from '../../protocols/setup/install.ts'
import { checkOrderAge, decodeOrder } from '../../protocols/setup/order.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { SeenOnce } from './seen-once.ts'
import type { GateCaller } from './set-up-limits.ts'
import type { SetUpGate, VerifyAsk } from './set-up-gate.ts'
import type { Install } from '../../protocols/setup/codec.ts'
import type { OpenedInstall } from '../../protocols/setup/install.ts'
import type { OpenedOrder } from '../../protocols/setup/order.ts'
import type { ShownPath, VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import type { PeerId } from '@libp2p/interface'

/** More orders than signatures are checked for while they are remembered: what is let in must not fill the memory of it. */
const ORDERS_MARGIN = 1.1

export interface InstallCheckerInit {
  self: PeerId
  gate: SetUpGate
  paths: VerifiedPaths
  /** Unix time, ms. */
  now: () => number
  /** Is the path of an RSP that is taken here? Throws if not. Default: any. */
  checkRsp?: (rsp: PeerId) => void
}

export interface CheckedInstall {
  install: Install
  opened: OpenedInstall
  /** The caller is the node before this one on the path. */
  isHopBefore: boolean
}

export interface InstallCaller {
  peer: PeerId
  gate: GateCaller
}

export class InstallChecker {
  readonly #init: InstallCheckerInit
  readonly #orders: SeenOnce

  constructor (init: InstallCheckerInit) {
    this.#init = init
    this.#orders = new SeenOnce({ lifeMs: 2 * MAX_ORDER_AGE_MS, maxEntries: Math.ceil(ORDERS_MARGIN * (init.gate.limits.checksPerSecond * 2 * MAX_ORDER_AGE_MS / 1_000 + init.gate.limits.checkBurst)), nowMs: init.now() })
  }

  /** At once when no signature has to be checked. Throws, or rejects with, what the table of the specification says. */
  check (body: Uint8Array, caller: InstallCaller): CheckedInstall | Promise<CheckedInstall> {
    const install = decodeInstall(body)
    return speakAs(install.index, () => this.#check(install, caller))
  }

  #check (install: Install, caller: InstallCaller): CheckedInstall | Promise<CheckedInstall> {
    const order = decodeOrder(install.order)
    const path = this.#init.paths.peek(install.authority, this.#init.now())
    if (path === undefined) {
      return this.#checkNewPath(install, order, caller)
    }
    const { checked, isSource } = this.#checkUnsigned(install, order, path, caller)
    return isSource ? checked : this.#checkOrder(checked, this.#demand(install, order, caller))
  }

  async #checkNewPath (install: Install, order: OpenedOrder, caller: InstallCaller): Promise<CheckedInstall> {
    const ask = this.#demand(install, order, caller)
    const path = await this.#init.gate.verify(ask, () => this.#init.paths.open(install.authority, this.#init.now(), this.#init.checkRsp))
    const { checked, isSource } = this.#checkUnsigned(install, order, path, caller)
    return isSource ? checked : this.#checkOrder(checked, ask)
  }

  #checkUnsigned (install: Install, order: OpenedOrder, path: ShownPath, caller: InstallCaller): { checked: CheckedInstall, isSource: boolean } {
    this.#init.checkRsp?.(path.rsp)
    const opened = openInstall(install, path, order)
    const { isHopBefore, isSource } = checkPlace(opened, { self: this.#init.self, caller: caller.peer })
    checkOrderAge(opened.order, this.#init.now())
    return { checked: { install, opened, isHopBefore }, isSource }
  }

  async #checkOrder (checked: CheckedInstall, ask: VerifyAsk): Promise<CheckedInstall> {
    const { opened } = checked
    // before the signature, so that a replay costs next to nothing
    if (this.#orders.has(opened.orderId, this.#init.now())) {
      throw replayed()
    }
    await this.#init.gate.verify(ask, () => verifyOrder(opened, this.#init.now()))
    const verdict = this.#orders.take(opened.orderId, this.#init.now())
    if (verdict === 'seen') {
      throw replayed()
    }
    if (verdict === 'full') {
      throw new OverQuotaError('too many set-ups in the last minutes: try again in some')
    }
    return checked
  }

  /** What the queue for a check goes by, with the effort that was shown. Throws the challenge. */
  #demand (install: Install, { source, id }: OpenedOrder, caller: InstallCaller): VerifyAsk {
    const challenged = { source: nodeIdOf(source), caller: nodeIdOf(caller.peer), index: install.index }
    const effort = this.#init.gate.demand({
      ...challenged,
      isCaller: source.equals(caller.peer),
      orderId: id,
      proof: install.proofs.find(({ index }) => index === install.index)
    })
    return { caller: caller.gate, source: source.toString(), effort, challenged }
  }
}

function replayed (): NotAuthorizedError {
  return new NotAuthorizedError('this order has been used: an order counts once')
}

/** Failures of what `run` does name the node at this index of the path as who speaks, unless they came from behind it. */
export function speakAs<T> (index: number, run: () => T | Promise<T>): T | Promise<T> {
  const attributed = (error: unknown): unknown => error instanceof BywayError ? failureAt(index, error) : error
  try {
    const result = run()
    return result instanceof Promise ? result.catch((error: unknown) => { throw attributed(error) }) : result
  } catch (error) {
    throw attributed(error)
  }
}
