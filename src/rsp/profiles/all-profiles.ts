// The examples of the market that come with byway. Whoever has another idea writes another file of a few lines.
import { CONSIDERATE } from './considerate.ts'
import { FAST } from './fast.ts'
import { RELIABLE } from './reliable.ts'
import type { RspProfile } from './rsp-profile.ts'

export const RSP_PROFILES: readonly RspProfile[] = [FAST, RELIABLE, CONSIDERATE]
