// A message is a list of pieces by the time it reaches the socket: length, encrypted header of the muxer, encrypted data, tag. libp2p writes
// each of them by itself, a system call and a segment each, and the other side wakes up for each. Here they leave together. To be
// dropped when @libp2p/tcp does it by itself.
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What we need to know of a TCP connection of libp2p. */
interface SocketConnection {
  socket?: { cork?: () => void, uncork?: () => void }
  sendData?: (data: Uint8ArrayList) => unknown
}

/**
 * Never denies: changes how raw TCP connections write, in either direction. Compose it with the node's other gaters.
 *
 * @param onSent - hears of the bytes of each message
 */
export function oneWrite (onSent: (bytes: number) => void = () => {}): ConnectionGater {
  return {
    denyInboundConnection: (connection) => {
      writeAtOnce(connection, onSent)
      return false
    },
    denyOutboundEncryptedConnection: (_, connection) => {
      writeAtOnce(connection, onSent)
      return false
    }
  }
}

/** Where the connection is none that we know, it stays as it is. */
function writeAtOnce (connection: MultiaddrConnection, onSent: (bytes: number) => void): void {
  const known = connection as SocketConnection
  const { socket } = known
  const sendData = known.sendData?.bind(connection)
  if (sendData === undefined || socket?.cork === undefined || socket.uncork === undefined) {
    return
  }
  known.sendData = (data) => {
    onSent(data.byteLength)
    socket.cork?.()
    try {
      return sendData(data)
    } finally {
      socket.uncork?.()
    }
  }
}
