/** What a node spends on being asked for set-up (protocols/setup/README.md), with the reason of each number. */
import { MAX_PUZZLE_BITS } from '../../protocols/setup/constants.ts'

export interface SetUpLimits {
  /** Frames of a host, or of any caller that is no forwarder: a host sets up a few paths at a time. */
  callerPerSecond: number
  callerBurst: number
  /** Frames of a forwarder, which brings the passes of many sources. */
  forwarderPerSecond: number
  forwarderBurst: number
  /** Frames of all callers of one address prefix, forwarders aside: an id costs nothing, a prefix does. */
  prefixPerSecond: number
  prefixBurst: number
  /** A frame whose turn is further off than this is refused: it is the bound on what waits for a prefix. */
  maxHoldMs: number
  /** Callers whose turn is kept while they are not read; others have to be lucky. */
  maxHeld: number
  /** Frames up to this size cannot hold an install (order, signature and path are over 500 bytes), and cost `smallFrameTokens`. */
  smallFrameBytes: number
  /** Refreshes come at a rate of entries per lease, far above that of installs, and cost a hash each. */
  smallFrameTokens: number
  /** Entries of each of the tables that know callers by their peer id. */
  maxCallers: number
  maxForwarders: number
  maxPrefixes: number
  /** Forwarders of one prefix that count as such; more of them count as its other callers do. A building may hold a few. */
  maxForwardersPerPrefix: number
  /** Sources behind forwarders, remembered for how often they ask. */
  maxSources: number
  /** Signature checks of the whole node: 120 to 250 µs each, so about a fifth to a third of a core. */
  checksPerSecond: number
  checkBurst: number
  /** Asks that wait for their checks; each holds its decoded frame. */
  maxQueued: number
  /** Half the deadline of an exchange: what comes later is of no use to anybody. */
  maxQueuedMs: number
  /** Checks hold the event loop for so long at a time, so that packets go on being forwarded; half of it is for those who overtake. */
  sliceMs: number
  /** Checks under way at once, where checking is done in another thread. */
  maxRunningChecks: number
  /** A node is calm while fewer asks wait than this, and half of `checkBurst` is left. */
  calmQueued: number
  /** Whoever would wait behind more than this time's worth of checks gets a challenge, with the bits that put it before them. */
  targetWaitMs: number
  /** Time in which the memory of how often somebody asked falls to 1/e. */
  activityMs: number
  /** Time in which the work that is asked for halves, once less would do. */
  halveWorkMs: number
  maxBits: number
  /** Solutions remembered, so that nobody asks twice for one piece of work. */
  maxSpentSolutions: number
}

export const DEFAULT_SET_UP_LIMITS: SetUpLimits = {
  callerPerSecond: 20,
  callerBurst: 60,
  forwarderPerSecond: 500,
  forwarderBurst: 1_000,
  prefixPerSecond: 200,
  prefixBurst: 400,
  maxHoldMs: 2_000,
  maxHeld: 4_096,
  smallFrameBytes: 256,
  smallFrameTokens: 1 / 8,
  maxCallers: 4_096,
  maxForwarders: 1_024,
  maxPrefixes: 4_096,
  maxForwardersPerPrefix: 8,
  maxSources: 4_096,
  checksPerSecond: 1_500,
  checkBurst: 300,
  maxQueued: 1_024,
  maxQueuedMs: 5_000,
  sliceMs: 1,
  maxRunningChecks: 8,
  calmQueued: 16,
  targetWaitMs: 50,
  activityMs: 10_000,
  halveWorkMs: 1_000,
  maxBits: MAX_PUZZLE_BITS,
  maxSpentSolutions: 16_384
}

/** Who brought a frame: the neighbour at the other end of the connection. */
export interface GateCaller {
  /** Its peer id, as text. */
  peer: string
  /** Of its address; see addressPrefix. A forwarder on this machine has one to itself: nobody else has the machine's. */
  prefix: string
  /** One of the forwarders that this node knows as such: it has buckets and quotas of its own. */
  isForwarder: boolean
}
