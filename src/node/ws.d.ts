// What we use of the package `ws`, which brings no types.
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { LookupFunction } from 'node:net'

  export interface ClientOptions {
    lookup?: LookupFunction
    /** Bytes of one message; more is an error. */
    maxPayload?: number
    perMessageDeflate?: boolean
  }

  export class WebSocket extends EventEmitter {
    constructor (address: string, options?: ClientOptions)
    binaryType: 'nodebuffer' | 'arraybuffer' | 'fragments'
    close (code?: number, reason?: string): void
    terminate (): void
  }
}
