/** Several connection gaters as one: a node has room for one only, and its defences and its operator each bring theirs. */
import type { ConnectionGater } from '@libp2p/interface'

type Hook = keyof ConnectionGater
type Verdict = boolean | Promise<boolean>
type AnyHook = (...args: unknown[]) => Verdict

/** Of every hook of libp2p 3: whether `true` lets something pass, rather than denies it. */
const TRUE_ALLOWS: Record<Hook, boolean> = {
  denyDialPeer: false,
  denyDialMultiaddr: false,
  denyInboundConnection: false,
  denyOutboundConnection: false,
  denyInboundEncryptedConnection: false,
  denyOutboundEncryptedConnection: false,
  denyInboundUpgradedConnection: false,
  denyOutboundUpgradedConnection: false,
  denyInboundRelayReservation: false,
  denyOutboundRelayedConnection: false,
  denyInboundRelayedConnection: false,
  filterMultiaddrForPeer: true
}

/**
 * What any gater denies is denied; gaters after the one that denied are not asked. So the cheap ones go first.
 * A hook that no gater has stays absent, and libp2p's default for it holds.
 */
export function composeGaters (...gaters: ConnectionGater[]): ConnectionGater {
  const composed: Partial<Record<Hook, AnyHook>> = {}
  for (const hook of Object.keys(TRUE_ALLOWS) as Hook[]) {
    const asked = gaters.filter(gater => gater[hook] !== undefined)
    if (asked.length === 0) {
      continue
    }
    const denial = !TRUE_ALLOWS[hook]
    composed[hook] = async (...args) => {
      for (const gater of asked) {
        const ask = gater[hook]?.bind(gater) as AnyHook
        if (await ask(...args) === denial) {
          return denial
        }
      }
      return !denial
    }
  }
  return composed
}
