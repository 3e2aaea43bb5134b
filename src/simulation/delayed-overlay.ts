// Where every node of an overlay on one machine "is": a row of the latency matrix, or of what a testnet says of its nodes. The one
// place that turns round trips into delay; nodes learn of them only by what they measure.
import { delayed } from './delayed-transport.ts'
import type { LatencyMatrix } from './latency-matrix.ts'
import type { Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export class DelayedOverlay {
  readonly #matrix: Pick<LatencyMatrix, 'rttMs'>
  readonly #bytesPerSecond: (row: number, other: number) => number | undefined
  readonly #rowByPort = new Map<number, number>()

  /** @param bytesPerSecond - that a connection between two rows carries in each direction; default: whatever comes */
  constructor (matrix: Pick<LatencyMatrix, 'rttMs'>, bytesPerSecond: (row: number, other: number) => number | undefined = () => undefined) {
    this.#matrix = matrix
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The node that listens on these addresses is at this row. */
  place (row: number, addresses: readonly Multiaddr[]): void {
    for (const address of addresses) {
      const port = portOf(address)
      if (port !== undefined) {
        this.#rowByPort.set(port, row)
      }
    }
  }

  /** Wraps the transport of the node at `row`. */
  wrapTransport<Components> (row: number): (transport: (components: Components) => Transport) => (components: Components) => Transport {
    const between = (remote: Multiaddr, read: (row: number, other: number) => number | undefined): number | undefined => {
      const other = this.#rowByPort.get(portOf(remote) ?? -1)
      return other === undefined ? undefined : read(row, other)
    }
    return (transport) => delayed(transport, {
      rttMs: (remote) => between(remote, (a, b) => this.#matrix.rttMs(a, b)),
      bytesPerSecond: (remote) => between(remote, this.#bytesPerSecond)
    })
  }
}

function portOf (address: Multiaddr): number | undefined {
  const value = address.getComponents().find(({ name }) => name === 'tcp')?.value
  return value === undefined ? undefined : Number(value)
}
