/**
 * How much a peer that dialled may have this node say until it has proven who it is: the encryption and the muxer are agreed on by multistream-select,
 * which refuses name after name as long as there are any (negotiation-limit.ts), a message of 4 MiB full of them without a turn of the event loop.
 */
import { MAX_NEGOTIATION_ANSWERS } from './negotiation-limit.ts'
import { NegotiationTooLongError } from './errors.ts'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'

/**
 * Denies nothing, but ends an inbound connection that takes more answers than an honest one, which takes five: header and protocol for the
 * encryption, one message of Noise, header and protocol for the muxer. What is received until then is in the bound of the read buffers.
 *
 * @param onBreach - told the name of the error of each connection that is aborted here
 */
export function handshakeLimit (onBreach: (errorName: string) => void = () => {}): ConnectionGater {
  const sends = new WeakMap<MultiaddrConnection, MultiaddrConnection['send']>()
  return {
    denyInboundConnection: (connection) => {
      const send = connection.send.bind(connection)
      sends.set(connection, send)
      let answers = 0
      connection.send = (data) => {
        if (++answers > MAX_NEGOTIATION_ANSWERS) {
          const error = new NegotiationTooLongError(MAX_NEGOTIATION_ANSWERS)
          if (answers === MAX_NEGOTIATION_ANSWERS + 1) {
            onBreach(error.name)
          }
          connection.abort(error)
          throw error
        }
        return send(data)
      }
      return false
    },
    denyInboundUpgradedConnection: (_, connection) => {
      const send = sends.get(connection)
      if (send !== undefined) {
        connection.send = send
      }
      return false
    }
  }
}
