// Runs something once, after all the input that has arrived in this turn of the event loop was handled. Packets that came
// together leave together, and an idle node adds no wait.

const schedule: (run: () => void) => void = typeof globalThis.setImmediate === 'function'
  ? (run) => { globalThis.setImmediate(run) }
  : afterMessages()

/** In browsers a message to oneself comes after the events that are waiting, without the clamp of nested timers. */
function afterMessages (): (run: () => void) => void {
  const channel = new MessageChannel()
  const waiting: Array<() => void> = []
  channel.port1.onmessage = () => { waiting.shift()?.() }
  return (run) => {
    waiting.push(run)
    channel.port2.postMessage(undefined)
  }
}

/** Runs something once all that has arrived by now was handled: what arrives while the input of a turn is handled is read in the next one. */
export function afterInput (run: () => void): void {
  schedule(() => { schedule(run) })
}

export interface Flushable { flush (): void }

/** Collects what has to be flushed in this tick. */
export class EndOfTick {
  #dirty: Flushable[] = []

  /** The caller sees to it that it is not added twice before its flush. */
  add (item: Flushable): void {
    if (this.#dirty.push(item) === 1) {
      schedule(() => {
        const dirty = this.#dirty
        this.#dirty = []
        for (const one of dirty) {
          one.flush()
        }
      })
    }
  }
}
