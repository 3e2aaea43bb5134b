// Namespaces of the network that the benchmark makes for itself: a sender, a receiver and a forwarder, each with a line to both others.
//
//     sender ════ default route ════ receiver         every ════ is a VXLAN over a veth pair to a fourth namespace, where line-process.ts
//        ╚═══════ forwarder ═══════╝                  gives it its rate, its delay and its loss
//
// What it made goes away with this process, however that ends; what a killed one left is removed by the next.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { LineInit } from './line-process.ts'

export type Place = 'sender' | 'receiver' | 'forwarder'
export type LineQuality = Pick<LineInit, 'bytesPerSecond' | 'delayMs' | 'loss'>

const PREFIX = 'byway-bench-'
const PLACES: readonly Place[] = ['sender', 'receiver', 'forwarder']
const LINES: ReadonlyArray<readonly [Place, Place]> = [['sender', 'receiver'], ['sender', 'forwarder'], ['forwarder', 'receiver']]
const FIRST_PORT = 4_801
/** Of what goes over a line. */
const MTU = 1_500
const TUNNEL_MTU = 1_600
/** What most hosts have; the machine's own may be another. */
export const TCP_CONGESTION_CONTROL = 'cubic'

export class Network {
  readonly #name = `${PREFIX}${process.pid}`
  readonly #remove = (): void => { removeAll(this.#name) }

  /** @throws when the system does not let us: no root, no iproute2, no VXLAN */
  constructor () {
    removeLeft()
    process.on('exit', this.#remove)
    try {
      this.#make()
    } catch (error) {
      this.close()
      throw error
    }
  }

  namespaceOf (place: Place | 'lines'): string {
    return `${this.#name}-${place}`
  }

  /** Where a node at this place listens. */
  listenAt (place: Place): string[] {
    return LINES.flatMap((ends, i) => ends.includes(place) ? [`/ip4/${innerAddress(i, ends.indexOf(place))}/tcp/0`] : [])
  }

  /** What the process in the namespace `lines` needs. */
  lines (qualityOf: (from: Place, to: Place) => LineQuality): LineInit[] {
    return LINES.map(([from, to], i) => ({ port: FIRST_PORT + i, ends: [outerAddress(from, 2), outerAddress(to, 2)], ...qualityOf(from, to) }))
  }

  close (): void {
    process.off('exit', this.#remove)
    this.#remove()
  }

  #make (): void {
    for (const place of [...PLACES, 'lines' as const]) {
      run('ip', 'netns', 'add', this.namespaceOf(place))
      this.#at(place, 'ip', 'link', 'set', 'lo', 'up')
    }
    for (const [i, place] of PLACES.entries()) {
      run('ip', 'link', 'add', `to${i}`, 'netns', this.namespaceOf('lines'), 'mtu', `${TUNNEL_MTU}`, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', this.namespaceOf(place), 'mtu', `${TUNNEL_MTU}`)
      this.#address('lines', `to${i}`, outerAddress(place, 1))
      this.#address(place, 'uplink', outerAddress(place, 2))
    }
    for (const [i, ends] of LINES.entries()) {
      for (const [side, place] of ends.entries()) {
        // one packet at a time: what the kernel would send as a whole could not be lost by parts
        this.#at(place, 'ip', 'link', 'add', `line${i}`, 'mtu', `${MTU}`, 'gso_max_segs', '1', 'type', 'vxlan', 'id', `${i + 1}`,
          'local', outerAddress(place, 2), 'remote', outerAddress(place, 1), 'dstport', `${FIRST_PORT + i}`, 'nolearning')
        this.#address(place, `line${i}`, innerAddress(i, side))
        // for connections over this line alone: a namespace may not choose its own
        this.#at(place, 'ip', 'route', 'replace', `10.91.${i + 1}.0/24`, 'dev', `line${i}`, 'src', innerAddress(i, side), 'congctl', TCP_CONGESTION_CONTROL)
      }
    }
  }

  #address (place: Place | 'lines', device: string, address: string): void {
    this.#at(place, 'ip', 'address', 'add', `${address}/24`, 'dev', device)
    this.#at(place, 'ip', 'link', 'set', device, 'up')
  }

  #at (place: Place | 'lines', ...command: string[]): void {
    run('ip', 'netns', 'exec', this.namespaceOf(place), ...command)
  }
}

/** Of the tunnel: 1 in the namespace of the lines, 2 in that of the place. */
function outerAddress (place: Place, side: number): string {
  return `10.90.${PLACES.indexOf(place) + 1}.${side}`
}

function innerAddress (line: number, side: number): string {
  return `10.91.${line + 1}.${side + 1}`
}

function run (command: string, ...rest: string[]): string {
  return execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Devices go with their namespace. */
function removeAll (name: string): void {
  for (const namespace of namespaces().filter((found) => found.startsWith(`${name}-`))) {
    try {
      run('ip', 'netns', 'delete', namespace)
    } catch {
      // the next run tries again
    }
  }
}

function removeLeft (): void {
  const pids = new Set(namespaces().flatMap((name) => name.startsWith(PREFIX) ? [name.slice(PREFIX.length).split('-')[0]] : []))
  for (const pid of pids) {
    if (!existsSync(`/proc/${pid}`)) {
      removeAll(`${PREFIX}${pid}`)
    }
  }
}

function namespaces (): string[] {
  try {
    return run('ip', 'netns', 'list').split('\n').map((line) => line.split(' ')[0])
  } catch {
    return []
  }
}
