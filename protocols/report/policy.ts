/** What a forwarder's operator has decided, as reports say it: RSPs plan with it. */
import { MalformedMessageError } from '../errors.ts'
import { decodeDistinctPeerIds, encodePeerId, findRepeated } from '../peer-ids.ts'
import { MAX_POLICY_RSPS } from './constants.ts'
import type { Policy as WirePolicy } from './report.pb.ts'
import type { PeerId } from '@libp2p/interface'

export interface PolicyStatement {
  /** only paths of `rsps` are taken; else those of anyone */
  listedOnly: boolean
  /** at most 64; none unless `listedOnly` */
  rsps: readonly PeerId[]
  /** whose paths are not taken any more; at most 64, the newest */
  revoked: readonly PeerId[]
  /** source routes need hop authenticators */
  authorizedOnly: boolean
}

export function encodePolicy (policy: PolicyStatement): WirePolicy {
  check(policy)
  return { ...policy, rsps: policy.rsps.map(encodePeerId), revoked: policy.revoked.map(encodePeerId) }
}

export function decodePolicy ({ rsps, revoked, listedOnly, authorizedOnly }: WirePolicy): PolicyStatement {
  return check({
    listedOnly,
    rsps: decodeDistinctPeerIds(rsps, 'policy.rsps'),
    revoked: decodeDistinctPeerIds(revoked, 'policy.revoked'),
    authorizedOnly
  })
}

function check (policy: PolicyStatement): PolicyStatement {
  const { rsps, revoked, listedOnly } = policy
  if (rsps.length > MAX_POLICY_RSPS || revoked.length > MAX_POLICY_RSPS) {
    throw new MalformedMessageError(`a policy names at most ${MAX_POLICY_RSPS} RSPs, and as many that are revoked`)
  }
  if (rsps.length > 0 && !listedOnly) {
    throw new MalformedMessageError('a policy that takes paths of anyone lists no RSPs')
  }
  const repeated = findRepeated([...rsps, ...revoked])
  if (repeated != null) {
    throw new MalformedMessageError(`the policy names ${repeated.toString()} twice`)
  }
  return policy
}
