// A forwarder's policy with its RSPs as text, in which form it is kept, and back.
import { peerIdFromString } from '@libp2p/peer-id'
import type { ArchivedPolicy } from './map-archive.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'

export function toArchive (policy: PolicyStatement | undefined): ArchivedPolicy | undefined {
  return policy === undefined
    ? undefined
    : { ...policy, rsps: policy.rsps.map(String), revoked: policy.revoked.map(String) }
}

/** @throws Error for a text that is no peer id: nothing of ours has written it */
export function fromArchive (policy: ArchivedPolicy | undefined): PolicyStatement | undefined {
  return policy === undefined
    ? undefined
    : { ...policy, rsps: policy.rsps.map((id) => peerIdFromString(id)), revoked: policy.revoked.map((id) => peerIdFromString(id)) }
}
