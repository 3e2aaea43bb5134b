// The least that a relay in Node can do: two sockets, and what comes in over one goes out over the other. No encryption, no peers.
import { connect, createServer } from 'node:net'
import type { Meter } from '../meter.ts'
import type { Outlet } from '../pump.ts'
import type { Sender } from './carrier.ts'
import type { AddressInfo, Socket } from 'node:net'

/** @returns the ports for the receiver and for the sender */
export async function startRelay (): Promise<string[]> {
  let receiver: Socket | undefined
  const forReceivers = await listen((socket) => { receiver = socket })
  const forSenders = await listen((socket) => { socket.pipe(receiver as Socket) })
  return [forReceivers, forSenders]
}

export async function startReceiver ([port]: string[], meter: Meter): Promise<string> {
  const socket = await dial(port)
  socket.on('data', (chunk: Buffer) => { meter.take(chunk) })
  return ''
}

export async function startSender ([, port]: string[]): Promise<Sender> {
  const socket = await dial(port)
  const outlet: Outlet = { send: (message) => socket.write(message), onDrain: () => {} }
  socket.on('drain', () => { outlet.onDrain() })
  return { outlet: async () => outlet }
}

async function listen (onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer({ noDelay: true }, onSocket)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return String((server.address() as AddressInfo).port)
}

async function dial (port: string): Promise<Socket> {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}
