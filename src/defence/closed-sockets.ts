/**
 * Ends sockets whose connection is over. For libp2p, and for all that counts connections, one is over as soon as its peer says that it sends no
 * more (TCP), or this node has said goodbye (WebSocket). The socket then waits until what was written has left. A peer that reads nothing holds it
 * for as long as it likes, with its buffers, where no limit sees it, and a listener that closes waits for it.
 */
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'

/** For what was written last, such as why a stream was reset. */
const LINGER_MS = 5_000
/** `WebSocket.CLOSED` */
const CLOSED = 3

/** What we need to know of libp2p's connections over TCP and WebSocket. */
interface SocketConnection {
  socket?: Closes & { destroyed: boolean, destroy: () => void }
  websocket?: Closes & { readyState: number, terminate: () => void }
}
interface Closes { once: (event: 'close', listener: () => void) => unknown }

/** Never denies: watches raw connections, in either direction. Compose it with the node's other gaters. */
export function endClosedSockets (lingerMs = LINGER_MS): ConnectionGater {
  return {
    denyInboundConnection: (connection) => {
      watch(connection, lingerMs)
      return false
    },
    denyOutboundEncryptedConnection: (_, connection) => {
      watch(connection, lingerMs)
      return false
    }
  }
}

/** Connections over anything else hold no socket. */
function watch (connection: MultiaddrConnection, lingerMs: number): void {
  const { socket, websocket } = connection as SocketConnection
  connection.addEventListener('close', () => {
    if (socket?.destroyed === false) {
      endAfter(lingerMs, socket, () => { socket.destroy() })
    } else if (websocket !== undefined && websocket.readyState !== CLOSED) {
      endAfter(lingerMs, websocket, () => { websocket.terminate() })
    }
  }, { once: true })
}

function endAfter (lingerMs: number, socket: Closes, end: () => void): void {
  const timer = setTimeout(end, lingerMs)
  timer.unref()
  socket.once('close', () => { clearTimeout(timer) })
}
