// libp2p makes several loggers for each stream, and each of them asks the terminal for its colours: 5 % of a busy node's
// time. Unless somebody asked for logs (DEBUG), one logger that says nothing serves all.
import { defaultLogger } from '@libp2p/logger'
import type { ComponentLogger, Logger } from '@libp2p/interface'

const silent: Logger = Object.assign((): void => {}, {
  enabled: false,
  error: (): void => {},
  trace: (): void => {},
  newScope: (): Logger => silent
})

/** As libp2p's own where DEBUG is set. */
export function componentLogger (): ComponentLogger {
  return (process.env.DEBUG ?? '') === '' ? { forComponent: () => silent } : defaultLogger()
}
