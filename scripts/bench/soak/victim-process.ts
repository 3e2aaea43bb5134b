// A forwarder and a host of the cast in a process that is stopped or killed while they are in use.
import { castKey, VICTIM } from './cast.ts'
import { forwarderVisit, hostVisit } from './visits.ts'
import { answerObserved } from './observed-process.ts'
import { randomFrom } from '../routes/random.ts'
import type { CastInit } from './cast-process.ts'

const FOR_EVER_MS = 2 ** 31 - 1

answerObserved({
  begin: async ({ seeds, seed, destinations }: CastInit) => {
    const init = { seeds, signal: new AbortController().signal, random: randomFrom(seed) }
    const privateKey = await castKey('forwarder', VICTIM.forwarder, seed)
    void forwarderVisit({ ...init, privateKey }, FOR_EVER_MS).catch(() => {})
    const again = async (): Promise<void> => {
      const key = await castKey('host', VICTIM.host, seed)
      for (;;) {
        await hostVisit({ ...init, privateKey: key }, destinations).catch(() => {})
      }
    }
    void again()
  }
}, () => ({}))
