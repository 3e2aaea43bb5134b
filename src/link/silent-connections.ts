// Ends connections that died without a word: a laptop has changed its network, a router has lost its state. The system would send into them for a quarter
// of an hour (Linux: tcp_retries2), and libp2p hand them out for as long.
//
// Who misses answers has one checked: the peer is asked to open a stream, which whoever speaks libp2p answers, if only with a refusal. Where
// nothing at all comes for ten seconds, over the links neither, the connection is aborted, and whatever used it goes on as after any end.
import { UnavailableError } from '../../protocols/errors.ts'
import { release } from '../../protocols/stream-io.ts'
import type { Connection } from '@libp2p/interface'

/** Of libp2p. Any would do: a refusal is an answer, too. */
const ASKED_PROTOCOL = '/ipfs/ping/1.0.0'
const LOOK_MS = 1_000
/** With no sign of life; libp2p's own monitor waits for five seconds at least. A process that is stopped for some seconds keeps its connections. */
const LOOKS = 10
/**
 * A look that comes so late says that this process stood still, or this machine: what was sent meanwhile may be lost, and counts from then on.
 * A page in a hidden tab whose timers run once a minute ends nothing before it is seen again.
 */
const LATE_MS = 3_000

interface Check {
  timer: ReturnType<typeof setInterval>
  asked: AbortController
}

/**
 * libp2p's connection monitor ends connections, too, and is on by default, but after one ping that is late, whoever uses them. Here nothing is asked before
 * answers were missed, and late answers count: so it is right also for the node of an application, whose own protocols get nothing through either.
 */
export class SilentConnections {
  readonly #checks = new Map<Connection, Check>()

  /**
   * Ends the connection unless the peer shows life. One that is being checked, or has just been, is not asked again.
   *
   * @param heard - grows with what comes over the connection otherwise
   */
  check (connection: Connection, heard: () => number): void {
    if (connection.status !== 'open' || this.#checks.has(connection)) {
      return
    }
    const heardBefore = heard()
    let isAnswered = false
    let looks = 0
    // not monotonic: that clock may stand still while a laptop sleeps
    let lookedMs = Date.now()
    const asked = new AbortController()
    const timer = setInterval(() => {
      const nowMs = Date.now()
      looks = nowMs - lookedMs > LATE_MS ? 0 : looks + 1
      lookedMs = nowMs
      if (looks === LOOKS || connection.status !== 'open') {
        const isSilent = !isAnswered && heard() <= heardBefore
        this.#end(connection)
        if (isSilent && connection.status === 'open') {
          connection.abort(new UnavailableError(`nothing has come from ${connection.remotePeer.toString()} for ${LOOKS} s`))
        }
      }
    }, LOOK_MS)
    this.#checks.set(connection, { timer, asked })
    void ask(connection, asked.signal).finally(() => { isAnswered = true })
  }

  stop (): void {
    for (const connection of this.#checks.keys()) {
      this.#end(connection)
    }
  }

  #end (connection: Connection): void {
    const check = this.#checks.get(connection)
    clearInterval(check?.timer)
    this.#checks.delete(connection)
    check?.asked.abort()
  }
}

/** Until the peer says yes or no, or this node that it cannot ask: which condemns nobody. */
async function ask (connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    void release(await connection.newStream(ASKED_PROTOCOL, { signal, runOnLimitedConnection: true }))
  } catch {
    // answered, too
  }
}
