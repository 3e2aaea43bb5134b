import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cli } from './terminal.ts'
import { projectRoot } from '../helpers/source-tree.ts'

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const NOBODY = '/ip4/127.0.0.1/tcp/9'

describe('byway', () => {
  it('lists its commands and its exit codes', async () => {
    const { code, out } = await cli(['--help'])
    assert.equal(code, 0)
    for (const command of ['bootstrap', 'forwarder', 'rsp', 'host', 'route', 'ping', 'why', 'trace', 'path', 'status', 'revoke', 'reinstate', 'usage', 'receipts', 'history', 'rsps', 'demo']) {
      assert.match(out, new RegExp(`^ {2}${command} `, 'm'))
    }
    assert.match(out, /Exit codes: 0 done, 1 neither the default route nor any offer works, 2 error; of byway why also 3/)
  })

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
    assert.deepEqual(await cli(['--version']), { code: 0, out: version, err: '' })
  })

  for (const command of ['bootstrap', 'forwarder', 'rsp', 'host', 'route', 'ping', 'why', 'trace', 'path', 'status', 'revoke', 'reinstate', 'usage', 'receipts', 'history', 'rsps', 'demo']) {
    it(`${command} has a help with an example`, async () => {
      const { code, out } = await cli([command, '--help'])
      assert.equal(code, 0)
      assert.match(out, new RegExp(`^ {2}byway ${command}`, 'm'))
    })
  }

  for (const [command, codes] of [
    ['ping', /Exit codes: 0 an answer came; 1 the host cannot be reached[^;]*; 2 error/],
    ['status', /Exit codes: 0 a daemon has answered; 2 none runs here/],
    ['why', /Exit codes: 0 it goes over a path, or directly[^;]*; 1 no route answers; 2 error; 3 it\s+goes on the default route/]
  ] as const) {
    it(`${command} says in its help how it ends, and in which words it tells of a route`, async () => {
      const { out } = await cli([command, '--help'])
      assert.match(out, codes)
      if (command !== 'why') {
        assert.match(out, /via A→B \(RSP x, −38 ms\); direct, since no path is better or nobody offers one;\s+default \(reason\); or no route \(reason\)/)
      }
    })
  }

  for (const [command, flags] of [
    ['bootstrap', ['listen', 'announce', 'bootstrap', 'network', 'key', 'ephemeral', 'local', 'operator', 'trusted-proxy', 'json', 'config']],
    ['forwarder', ['listen', 'announce', 'bootstrap', 'network', 'key', 'ephemeral', 'local', 'operator', 'tag', 'capacity', 'price-per-gb', 'max-attachments', 'watched-by', 'rsp-allowed', 'revoked', 'source-routes', 'link-rule', 'max-paths', 'control', 'json', 'config']],
    ['rsp', ['map', 'price', 'tag', 'operator', 'data']],
    ['host', ['max-access', 'tag', 'data']],
    ['route', ['paths', 'bootstrap', 'network', 'local', 'json']],
    ['ping', ['interval', 'count', 'prefer-path', 'json']],
    ['why', ['follow', 'control', 'bootstrap', 'network', 'json']],
    ['trace', ['path', 'labelled', 'style', 'json']],
    ['demo', ['once', 'json', 'forwarders', 'pairs', 'seed', 'failing', 'minutes', 'slice']]
  ] as const) {
    it(`${command} explains its options`, async () => {
      const { out } = await cli([command, '--help'])
      for (const flag of flags) {
        assert.match(out, new RegExp(`--${flag}\\b`))
      }
    })
  }

  const wrong: Array<{ title: string, args: string[], env?: Record<string, string>, err: RegExp }> = [
    { title: 'an unknown command', args: ['routes'], err: /unknown command 'routes'[^]*Did you mean route/ },
    { title: 'an unknown option', args: ['rsp', '--maps', 'reports'], err: /unknown option '--maps'[^]*--map/ },
    { title: 'a missing destination', args: ['ping'], err: /missing required argument 'DEST'/ },
    { title: 'two destinations', args: ['ping', PEER, PEER], err: /too many arguments/ },
    { title: 'an option without its value', args: ['forwarder', '--capacity'], err: /argument missing/ },
    { title: 'a destination that is neither peer id nor multiaddr', args: ['route', 'example.net'], err: /^byway: DEST: expected a peer id .* got "example\.net"$/ },
    { title: 'a multiaddr that names no peer', args: ['trace', '/ip4/127.0.0.1/tcp/80'], err: /^byway: DEST: expected .*ends in \/p2p\// },
    { title: 'a path that visits a forwarder twice', args: ['trace', PEER, '--path', `${PEER},${PEER}`], err: /^byway: --path: a path visits no forwarder twice$/ },
    { title: 'a path of names', args: ['trace', PEER, '--path', 'a,b'], err: /^byway: --path: expected peer ids of forwarders, .* got "a"$/ },
    { title: 'a count of nothing', args: ['ping', PEER, '--count', '0'], err: /--count[^]*Expected a whole number from 1/ },
    { title: 'an interval too short to measure in', args: ['ping', PEER, '--interval', '0.01'], err: /--interval[^]*Expected a number from 0\.3/ },
    { title: 'failures for no time', args: ['demo', '--failing', '--minutes', '0'], err: /--minutes[^]*give minutes: a number above 0/ },
    { title: 'too many paths', args: ['route', PEER, '--paths', '99'], err: /--paths[^]*Expected a whole number from 1 to 8/ },
    { title: 'a variable that makes no sense', args: ['host', '--ephemeral'], env: { BYWAY_MAX_ACCESS: 'all' }, err: /^byway: BYWAY_MAX_ACCESS: expected a whole number from 1 to 64; got "all"$/ },
    { title: 'a key file in a place that is none', args: ['host', '--key', '/dev/null/x.key'], err: /^byway: key file \/dev\/null\/x\.key: / },
    { title: 'a port in an address that this machine does not have', args: ['host', '--ephemeral', '--listen', '/ip4/192.0.2.1/tcp/0'], err: /^byway: cannot listen on \/ip4\/192\.0\.2\.1\/tcp\/0: this machine has no such address/ },
    { title: 'a transport that there is not', args: ['host', '--ephemeral', '--listen', '/ip4/127.0.0.1/udp/0/quic-v1'], err: /^byway: cannot listen on .*: byway listens over TCP and WebSocket/ },
    { title: 'a listener with TLS, for which there is no certificate', args: ['forwarder', '--ephemeral', '--listen', '/ip4/0.0.0.0/tcp/0/tls/ws'], err: /--listen: expected multiaddrs .* a proxy that has a certificate serves \/wss/ },
    { title: 'a private address to tell others, in public', args: ['forwarder', '--ephemeral', '--announce', '/ip4/10.0.0.5/tcp/4001'], err: /^byway: \/ip4\/10\.0\.0\.5\/tcp\/4001: a private address/ },
    { title: 'a private address to begin with, in public', args: ['ping', PEER, '--bootstrap', NOBODY], err: /^byway: \/ip4\/127.*: a private address, which nodes in public do not dial: with --local/ },
    { title: 'no bootstrap node to begin with', args: ['route', PEER, '--network', 'nowhere'], err: /^byway: no bootstrap node of the network "nowhere" is known: name one with --bootstrap/ }
  ]
  for (const { title, args, env, err } of wrong) {
    it(`ends with 2 and without a stack trace for ${title}`, async () => {
      const result = await cli(args, { env })
      assert.equal(result.code, 2, result.err)
      assert.match(result.err, err)
      assert.doesNotMatch(result.err, /^\s+at .*:\d+:\d+/m)
      assert.equal(result.out, '')
    })
  }

  it('shows where an error comes from to those who have set DEBUG', async () => {
    const { err } = await cli(['route', 'example.net'], { env: { DEBUG: 'byway:*' } })
    assert.match(err, /^\s+at .*destination/m)
  })

  it('says which node did not answer when there is no overlay', async () => {
    const { code, err } = await cli(['ping', PEER, '--bootstrap', NOBODY, '--local', '--wait', '1'])
    assert.equal(code, 2)
    assert.match(err, /byway: no node answered within 1 s at \/ip4\/127\.0\.0\.1\/tcp\/9: is it running/)
  })

  it('gives up at once when it is interrupted while it looks for an overlay', async () => {
    const stop = new AbortController()
    const ended = cli(['ping', PEER, '--bootstrap', NOBODY, '--local'], { signal: stop.signal })
    setTimeout(() => { stop.abort() }, 200)
    const { code, err } = await ended
    assert.equal(code, 2)
    assert.match(err, /byway: interrupted$/)
  })
})
