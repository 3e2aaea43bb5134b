// Names the path that a way takes, so that whatever was learned about the path is found again when the way has been renewed.
import { toString } from 'uint8arrays/to-string'
import { Kind, NODE_ID_BYTES } from '../../../protocols/forward/constants.ts'
import { At, entryAt } from '../../../protocols/forward/source-route.ts'
import type { Way } from '../../link/way.ts'

/** The nodes of a source route, without their authenticators and its expiry; or a label and its neighbour. */
export function wayName ({ header, neighbour }: Way): string {
  if (header[At.kind] !== Kind.sourceRouted) {
    return `label ${toString(header, 'base64')} ${toString(neighbour, 'base64')}`
  }
  let name = 'nodes'
  for (let i = 0; i < header[At.hopCount]; i++) {
    name += ` ${toString(header.subarray(entryAt(i), entryAt(i) + NODE_ID_BYTES), 'base64')}`
  }
  return name
}

/** Cheaper than to compare names: one way is made for each packet that is answered. */
export function isSamePath (a: Way, b: Way): boolean {
  if (a === b) {
    return true
  }
  if (a.header.length !== b.header.length || a.header[At.kind] !== b.header[At.kind] || a.header[At.kind] !== Kind.sourceRouted) {
    return false
  }
  for (let i = 0; i < a.header[At.hopCount]; i++) {
    for (let at = entryAt(i); at < entryAt(i) + NODE_ID_BYTES; at++) {
      if (a.header[at] !== b.header[at]) {
        return false
      }
    }
  }
  return true
}
