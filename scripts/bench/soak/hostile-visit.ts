// Strangers that send what no protocol asks for: bytes at random on every protocol, streams that are never ended, sockets that say nothing.
import { createLibp2p } from 'libp2p'
import { connect } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { noise } from '@chainsafe/libp2p-noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { ATTACH_PROTOCOL } from '../../../protocols/attach/constants.ts'
import { DESCRIPTOR_PROTOCOL } from '../../../protocols/descriptor/constants.ts'
import { FORWARD_PROTOCOL } from '../../../protocols/forward/constants.ts'
import { REPORT_PROTOCOL } from '../../../protocols/report/constants.ts'
import { ROUTE_PROTOCOL } from '../../../protocols/route/constants.ts'
import { SETUP_PROTOCOL } from '../../../protocols/setup/constants.ts'
import { USAGE_PROTOCOL } from '../../../protocols/usage/constants.ts'
import { restFor } from './visits.ts'

const PROTOCOLS = [ATTACH_PROTOCOL, DESCRIPTOR_PROTOCOL, FORWARD_PROTOCOL, REPORT_PROTOCOL, ROUTE_PROTOCOL, SETUP_PROTOCOL, USAGE_PROTOCOL]
const DEADLINE_MS = 3_000
const MAX_BYTES = 4_096
const STAYS_MS = 2_000

export async function hostileVisit (target: string, signal: AbortSignal, random: () => number): Promise<void> {
  const socket = silentSocket(target, random)
  const node = await createLibp2p({ addresses: { listen: [] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()], connectionMonitor: { enabled: false } })
  try {
    const connection = await node.dial(multiaddr(target), { signal: AbortSignal.timeout(DEADLINE_MS) })
    for (const protocol of PROTOCOLS) {
      try {
        const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(DEADLINE_MS) })
        stream.send(randomBytes(1 + Math.floor(random() * MAX_BYTES), random))
        if (random() < 0.4) {
          await stream.close({ signal: AbortSignal.timeout(DEADLINE_MS) })
        } else if (random() < 0.5) {
          stream.abort(new Error('no more of this'))
        }
      } catch {
        // not served here, or ended for what came
      }
    }
    await restFor(random() * STAYS_MS, signal)
    if (random() < 0.5) {
      connection.abort(new Error('gone'))
    }
  } finally {
    socket.destroy()
    await node.stop()
  }
}

/** One that says nothing, or something that is no handshake. */
function silentSocket (target: string, random: () => number): ReturnType<typeof connect> {
  const [, , host, , port] = target.split('/')
  const socket = connect(Number(port), host)
  socket.on('error', () => {})
  if (random() < 0.5) {
    socket.write(randomBytes(64, random))
  }
  return socket
}

function randomBytes (length: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
