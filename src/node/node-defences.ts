// What a node's defences have refused since its start, in one place: for `byway status --json`, and for metrics beside libp2p's own.
import { ExposedNumbers } from '../telemetry/exposed-numbers.ts'
import type { Admission, AdmissionCounters } from '../defence/admission.ts'
import type { BoundedDatastore, DatastoreCounters } from '../defence/bounded-datastore.ts'
import type { DhtCounters, DhtPace } from '../defence/dht-pace.ts'
import type { MetricsRegistry } from '../telemetry/exposed-numbers.ts'
import type { PaceCounters } from '../defence/message-pace.ts'
import type { ReaperCounters } from '../defence/reaper.ts'

export interface DefenceStatus {
  /** Inbound, handshakes included. */
  inboundConnections: number
  /** Inbound connections, by what admission said. */
  connections: Readonly<AdmissionCounters>
  /** Connections ended because nobody used them. */
  reaped: Readonly<ReaperCounters>
  /** Connections ended for what came in their frames, by the name of the error. */
  breaches: Readonly<Record<string, number>>
  /** What strangers could not leave in the datastore. */
  datastore: Readonly<DatastoreCounters>
  providerRecords: number
  /** Messages of the DHT, by what became of them. */
  dht: Readonly<DhtCounters>
  /** Pings of libp2p's protocol, by what became of them. */
  pings: Readonly<PaceCounters>
}

export interface NodeDefencesInit {
  admission: Admission
  datastore: BoundedDatastore
  dht: DhtPace
  reaped: () => Readonly<ReaperCounters>
  pings: () => Readonly<PaceCounters>
}

export class NodeDefences {
  readonly #init: NodeDefencesInit
  /** As many names as there are errors of the guarded muxer. */
  readonly #breaches: Record<string, number> = {}

  constructor (init: NodeDefencesInit) {
    this.#init = init
  }

  readonly onBreach = (errorName: string): void => {
    this.#breaches[errorName] = (this.#breaches[errorName] ?? 0) + 1
  }

  get status (): DefenceStatus {
    const { admission, datastore, dht, reaped, pings } = this.#init
    return {
      inboundConnections: admission.openConnections,
      connections: { ...admission.counters },
      reaped: { ...reaped() },
      breaches: { ...this.#breaches },
      datastore: { ...datastore.counters },
      providerRecords: datastore.sizes.providerRecords,
      dht: dht.counters,
      pings: { ...pings() }
    }
  }

  /** As a libp2p service. */
  readonly service = ({ metrics }: { metrics?: MetricsRegistry }): { readonly status: DefenceStatus } => {
    const expose = new ExposedNumbers(metrics, 'node')
    expose.gauge('inbound_connections', 'Inbound connections, handshakes included', () => this.status.inboundConnections)
    expose.counters('inbound_connections_total', 'Inbound connections, by what admission said', 'verdict', () => ({ ...this.#init.admission.counters }))
    expose.counters('reaped_connections_total', 'Connections ended because nobody used them', 'reason', () => ({ ...this.#init.reaped() }))
    expose.counters('breached_connections_total', 'Connections ended for what came in their frames', 'error', () => ({ ...this.#breaches }))
    expose.counters('refused_records_total', 'What strangers could not leave in the datastore', 'what', () => ({ ...this.#init.datastore.counters }))
    expose.gauge('provider_records', 'Provider records held for others', () => this.#init.datastore.sizes.providerRecords)
    expose.counters('dht_messages_total', 'Messages of the DHT, by what became of them', 'verdict', () => ({ ...this.#init.dht.counters }))
    expose.counters('pings_total', 'Pings of libp2p\'s protocol, by what became of them', 'verdict', () => ({ ...this.#init.pings() }))
    const read = (): DefenceStatus => this.status
    return { get status () { return read() } }
  }
}
