/** Numbers of `/byway/attach/1.0.0`: what the specification fixes, then what this implementation chose. */
import { MAX_DESCRIPTOR_BYTES } from '../descriptor/constants.ts'

export const ATTACH_PROTOCOL = '/byway/attach/1.0.0'

// --- specification ---

/** All state in a forwarder is soft: what is not refreshed for this long is gone */
export const DEFAULT_LEASE_MS = 60_000

/** For hosts that pay for every wake-up; a longer one would outlive most reasons for it */
export const MAX_LEASE_MS = 300_000

/** A descriptor and three small fields */
export const MAX_REQUEST_BYTES = MAX_DESCRIPTOR_BYTES + 32

export const MAX_RESPONSE_BYTES = 32

// --- implementation ---

export const DEADLINE_MS = 10_000
