// Every 64 KB that pass through a node make four such blocks outside of V8's heap: read, decrypted, batched, encrypted. They are garbage at
// once, but by default V8 marks its whole heap for each 64 MB of them: ten times a second in a busy forwarder, half of its processor
// time, and pauses of 30 ms. With this setting it weighs them together with the heap, as it does for everything else, and most
// go with young objects. Resident memory stays the same. To be dropped when it is V8's default.
import { setFlagsFromString } from 'node:v8'

/** From Node 24. Before that V8 does not know the flag, and would say so on stderr. */
const FIRST_V8 = [13, 6]

/** For the whole process. V8 reads the flag each time that it plans a collection, so it may be set at any time. */
export function weighExternalMemory (): void {
  const [major, minor] = process.versions.v8.split('.').map(Number)
  if (major > FIRST_V8[0] || (major === FIRST_V8[0] && minor >= FIRST_V8[1])) {
    setFlagsFromString('--external-memory-accounted-in-global-limit')
  }
}
