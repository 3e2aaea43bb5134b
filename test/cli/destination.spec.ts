import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { destinationArguments, introduce, parseDestination, readDestination } from '../../src/cli/destination.ts'
import { cli } from './terminal.ts'
import type { WhyReport } from '../../src/cli/why-report.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

const [DEST, RELAY] = ['12D3KooWLRPJAA5o6juZVTLbW46Wq5fUxQCPqmZ4HAzrVAMN3zmx', '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5']
const ADDRESS = `/ip4/192.0.2.1/tcp/1/p2p/${DEST}`

describe('a destination', function () {
  this.timeout(60_000)

  for (const text of [DEST, ADDRESS, `/dns4/node.example/tcp/1/p2p/${RELAY}/p2p-circuit/p2p/${DEST}`]) {
    it(`comes to a running host as it was given: ${text.replace(DEST, 'ID').replace(RELAY, 'RELAY')}`, () => {
      const { peer, address } = readDestination(destinationArguments(parseDestination(text)))
      assert.deepEqual([peer.toString(), address?.toString()], [DEST, text === DEST ? undefined : text])
    })
  }

  it('is dialled where it is said to be, and nowhere else; who is not there is no failure', async () => {
    const calls: string[] = []
    const node = {
      peerStore: { merge: async (...[peer, { multiaddrs }]: [unknown, { multiaddrs?: Multiaddr[] }]) => { calls.push(`knows ${String(peer)} ${String(multiaddrs)}`) } },
      dial: async (address: Multiaddr, { signal }: { signal: AbortSignal }) => {
        calls.push(`dials ${address.toString()} ${signal.aborted}`)
        throw new Error('nobody there')
      }
    } as unknown as Parameters<typeof introduce>[0]
    const { peer } = parseDestination(DEST)
    await introduce(node, { peer })
    assert.deepEqual(calls, [])
    await introduce(node, { peer, address: multiaddr(ADDRESS) }, AbortSignal.abort())
    assert.deepEqual(calls, [`knows ${DEST} ${ADDRESS}`, `dials ${ADDRESS} true`])
  })

  it('regression: is reached by a running host at the address that was given, though nobody else knows it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'byway-destination-'))
    const stop = new AbortController()
    const started = async (...args: string[]): Promise<{ address: string, ended: Promise<unknown> }> => {
      const { promise, resolve } = Promise.withResolvers<string>()
      const ended = cli(['host', '--ephemeral', '--local', '--json', '--network', 'test', '--listen', '/ip4/127.0.0.1/tcp/0', ...args], {
        signal: stop.signal,
        onOut: (line) => { resolve((JSON.parse(line) as { addresses?: string[] }).addresses?.[0] ?? '') }
      })
      return { address: await promise, ended }
    }
    const control = join(folder, 'host.sock')
    const [asked, destination] = [await started('--control', control), await started('--no-control')]
    try {
      const { code, out, err } = await cli(['why', '--json', '--control', control, destination.address])
      assert.equal(code, 0, err)
      assert.equal((JSON.parse(out) as WhyReport).kind, 'direct')
    } finally {
      stop.abort()
      await Promise.all([asked.ended, destination.ended])
      await rm(folder, { recursive: true })
    }
  })
})
