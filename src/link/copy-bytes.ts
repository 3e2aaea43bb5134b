// Copies a packet out of the chunk that it lies in. `set` needs a view of the packet, an object for each; Node's buffers copy without.
interface Copying {
  copy?: (target: Uint8Array, targetStart: number, sourceStart: number, sourceEnd: number) => number
}

export function copyBytes (from: Uint8Array, at: number, length: number, target: Uint8Array, to: number): void {
  const { copy } = from as Copying
  if (copy !== undefined) {
    copy.call(from, target, to, at, at + length)
  } else {
    target.set(at === 0 && length === from.length ? from : from.subarray(at, at + length), to)
  }
}
