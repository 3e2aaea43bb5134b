// Every 64 KB that pass through a node make four such blocks outside of V8's heap: read, decrypted, batched, encrypted. They are garbage at
// once, but go only when the small objects that name them are collected; those do not fill the young generation before the blocks
// reach 64 MB, and then V8 marks its whole heap, again and again: half of a busy forwarder's processor time. So the young generation
// is collected when a tenth of it is used, in a fraction of a millisecond. To be dropped when V8 counts such blocks to it.
import { setFlagsFromString } from 'node:v8'

/** Per cent of the young generation; V8's own is 80. From 5 to 20 a forwarder is equally fast, above 40 whole collections come back. */
const TRIGGER_PERCENT = 10

/** For the whole process. V8 reads the flag each time that it plans a collection, so it may be set at any time. */
export function collectEarly (): void {
  setFlagsFromString(`--minor-gc-task-trigger=${TRIGGER_PERCENT}`)
}
