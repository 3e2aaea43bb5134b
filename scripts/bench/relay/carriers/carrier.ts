// What carries the packets of a lane: a relay, a receiver that can be reached through it, a sender that reaches it. Each of the three
// runs in a process of its own.
import type { Meter } from '../meter.ts'
import type { Outlet } from '../pump.ts'

export interface Carrier {
  /** @returns where it can be reached */
  startRelay: () => Promise<string[]>
  /** @returns what the sender must know of it */
  startReceiver: (relay: string[], meter: Meter) => Promise<string>
  startSender: (relay: string[], receiver: string) => Promise<Sender>
}

export interface Sender {
  /** Sets up what does not last as long as a run, for one of the lanes of this carrier. */
  outlet: (lane: string) => Promise<Outlet>
}
