import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { NotFoundError } from '../../protocols/errors.ts'
import { controlFolders, findControlPaths, prepareControlPath } from '../../src/cli/control-address.ts'
import { ControlClient, withDaemon } from '../../src/cli/control-client.ts'
import { ControlServer, LineBuffer } from '../../src/cli/control-server.ts'
import { lockIdentity } from '../../src/cli/identity-lock.ts'
import type { ControlCommand, ControlLimits } from '../../src/cli/control-server.ts'
import type { Terminal } from '../../src/cli/output.ts'

const ID = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

/** What comes back for these bytes, until the server closes or so many lines have come. */
async function exchange (path: string, bytes: string | Uint8Array, lines = Infinity): Promise<Array<Record<string, unknown>>> {
  const socket = connect(path)
  let text = ''
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more
    if (text.split('\n').length > lines) {
      socket.destroy()
    }
  })
  socket.write(bytes)
  await once(socket, 'close')
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
}

function codes (answers: Array<Record<string, unknown>>): unknown[] {
  return answers.map(({ error }) => (error as { code: string } | undefined)?.code)
}

/** The socket of a process that was killed: it is there, and nobody listens. */
async function leaveStale (path: string): Promise<void> {
  const server = createServer().listen(`${path}~`)
  await once(server, 'listening')
  await rename(`${path}~`, path)
  server.close()
  await once(server, 'close')
}

describe('control channel', () => {
  let folder: string
  let env: Record<string, string>
  const open: Array<{ close: () => unknown }> = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-control-'))
    env = { XDG_RUNTIME_DIR: folder, TMPDIR: folder }
  })

  afterEach(async () => {
    await Promise.all(open.splice(0).map(async ({ close }) => close()))
    await rm(folder, { recursive: true })
  })

  function keep<T extends { close: () => unknown }> (resource: T): T {
    open.push({ close: () => resource.close() })
    return resource
  }

  async function serve (commands: Record<string, ControlCommand> = {}, limits: Partial<ControlLimits> = {}, path = join(folder, 'a.sock')): Promise<string> {
    return keep(await ControlServer.listen({ path, commands: new Map(Object.entries(commands)), limits })).path
  }

  async function client (path: string): Promise<ControlClient> {
    return keep(await ControlClient.connect(path))
  }

  function terminal (complaints: string[] = []): Terminal {
    return { env, out: () => {}, err: (line) => { complaints.push(line) }, signal: new AbortController().signal, exit: () => {} }
  }

  describe('requests', () => {
    it('are answered with a result, with their arguments and their id', async () => {
      const path = await serve({ add: async ({ a, b }) => Number(a) + Number(b) })
      assert.deepEqual(await exchange(path, '{"id":"x","command":"add","arguments":{"a":1,"b":2}}\n', 1), [{ id: 'x', result: 3 }])
      assert.equal(await (await client(path)).request('add', { a: 2, b: 2 }), 4)
    })

    it('may be told of events before the result', async () => {
      const path = await serve({ count: async (_, { emit }) => { [1, 2, 3].forEach(emit) } })
      const events: unknown[] = []
      assert.equal(await (await client(path)).request('count', {}, { onEvent: (event) => { events.push(event) } }), null)
      assert.deepEqual(events, [1, 2, 3])
    })

    it('wait side by side, and are answered in the order in which they are done', async () => {
      const doors = new Map<unknown, () => void>()
      const path = await serve({
        wait: async ({ door }) => new Promise<void>((resolve) => { doors.set(door, resolve) }),
        open: async ({ door }) => doors.get(door)?.()
      })
      const asker = await client(path)
      const order: string[] = []
      const [a, b] = ['a', 'b'].map(async (door) => asker.request('wait', { door }).then(() => order.push(door)))
      await asker.request('open', { door: 'b' })
      await b
      await asker.request('open', { door: 'a' })
      await a
      assert.deepEqual(order, ['b', 'a'])
    })

    it('are answered with the code of what failed, and INTERNAL for what is nobody\'s error', async () => {
      const path = await serve({
        find: async () => { throw new NotFoundError('nobody knows it') },
        crash: async () => { throw new TypeError('x is not a function') },
        circular: async () => { const a: Record<string, unknown> = {}; a.a = a; return a }
      })
      const asker = await client(path)
      await assert.rejects(asker.request('find'), { name: 'ControlError', code: 'NOT_FOUND', message: 'nobody knows it', remote: true })
      await assert.rejects(asker.request('crash'), { code: 'INTERNAL', message: 'x is not a function' })
      await assert.rejects(asker.request('circular'), { code: 'INTERNAL' })
      await assert.rejects(asker.request('jump'), { code: 'UNKNOWN_COMMAND', message: 'no command "jump" here: this daemon knows circular, crash, find' })
    })

    it('end when their caller goes away', async () => {
      const ended = Promise.withResolvers<void>()
      const started = Promise.withResolvers<void>()
      const path = await serve({
        wait: async (_, { signal }) => {
          signal.addEventListener('abort', () => { ended.resolve() })
          started.resolve()
          await ended.promise
        }
      })
      const asker = await client(path)
      const answer = assert.rejects(asker.request('wait'), { code: 'CONTROL_LOST' })
      await started.promise
      asker.close()
      await Promise.all([answer, ended.promise])
    })

    it('end when the server closes, and the socket is gone', async () => {
      const started = Promise.withResolvers<void>()
      const server = await ControlServer.listen({
        path: join(folder, 'b.sock'),
        commands: new Map([['wait', async (_, { signal }) => {
          started.resolve()
          await once(signal, 'abort')
        }]])
      })
      const asker = await client(server.path)
      const answer = assert.rejects(asker.request('wait'), { code: 'CONTROL_LOST' })
      await started.promise
      await server.close()
      await Promise.all([answer, server.close()])
      assert.deepEqual(await readdir(folder), [])
    })

    it('may hold any text, and answers numbers of any size', async () => {
      const path = await serve({ echo: async ({ text }) => text, big: async () => ({ n: 2n ** 70n }) })
      const asker = await client(path)
      await fc.assert(fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        assert.equal(await asker.request('echo', { text }), text)
      }), { numRuns: 50 })
      assert.deepEqual(await asker.request('big'), { n: '1180591620717411303424' })
    })
  })

  describe('what a server does not take', () => {
    const malformed = {
      'text that is not JSON': 'GET / HTTP/1.1\n',
      'JSON that is no request': '[]\n',
      'a request without id': '{"command":"status"}\n',
      'a field that there is not': '{"id":1,"command":"wait","args":{}}\n',
      'arguments that are a list': '{"id":1,"command":"wait","arguments":[]}\n',
      'a name without bounds': `{"id":1,"command":"${'x'.repeat(65)}"}\n`,
      'an empty line': '\n',
      'an id that still waits': '{"id":1,"command":"wait"}\n{"id":1,"command":"wait"}\n'
    }
    for (const [title, text] of Object.entries(malformed)) {
      it(`${title}: it says so, and closes`, async () => {
        const path = await serve({ wait: async (_, { signal }) => once(signal, 'abort') })
        const answers = await exchange(path, text)
        assert.deepEqual([answers.map(({ id }) => id), codes(answers)], [[null], ['MALFORMED']])
      })
    }

    it('a line that is too long, whether it ends or not; the longest one passes', async () => {
      const path = await serve({ echo: async ({ text }) => String(text).length }, { maxLineBytes: 100 })
      const line = (length: number): string => `{"id":1,"command":"echo","arguments":{"text":"${'x'.repeat(length - 49)}"}}`
      assert.equal(line(100).length, 100)
      assert.deepEqual(await exchange(path, `${line(100)}\n`, 1), [{ id: 1, result: 51 }])
      assert.deepEqual(codes(await exchange(path, `${line(101)}\n`)), ['TOO_LARGE'])
      assert.deepEqual(codes(await exchange(path, line(101))), ['TOO_LARGE'])
    })

    it('bytes of any kind: it answers, and goes on listening', async () => {
      const path = await serve({}, { lineDeadlineMs: 30 })
      await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const answers = await exchange(path, bytes)
        assert.ok(codes(answers).every((code) => code === 'MALFORMED' || code === 'TIMED_OUT'), JSON.stringify(answers))
      }), { numRuns: 30 })
      await assert.rejects((await client(path)).request('status'), { code: /^(UNKNOWN_COMMAND|TIMED_OUT)$/ }, 'it answers still, though late on a busy machine')
    })

    it('a caller that is slow to send its line, even if bytes keep coming', async () => {
      const path = await serve({}, { lineDeadlineMs: 100 })
      const socket = connect(path)
      const drip = setInterval(() => { socket.write(' ') }, 20)
      const startedMs = performance.now()
      const [text] = await once(socket, 'data') as [Buffer]
      clearInterval(drip)
      assert.equal((JSON.parse(text.toString()) as { error: { code: string } }).error.code, 'TIMED_OUT')
      assert.ok(performance.now() - startedMs < 5_000)
      socket.destroy()
    })

    it('but whoever waits for an answer may wait longer than that', async () => {
      const path = await serve({ slow: async () => new Promise((resolve) => { setTimeout(() => { resolve('done') }, 3_000) }) }, { lineDeadlineMs: 2_000 })
      assert.equal(await (await client(path)).request('slow', {}, { deadlineMs: 20_000 }), 'done')
    })

    it('more callers than there may be; one more is welcome when one has left', async () => {
      const path = await serve({ status: async () => 'fine' }, { maxConnections: 2 })
      const [first, second] = [await client(path), await client(path)]
      assert.deepEqual(await Promise.all([first.request('status'), second.request('status')]), ['fine', 'fine'])
      await assert.rejects((await client(path)).request('status'), { code: /OVER_QUOTA|CONTROL_LOST/ })
      assert.deepEqual(codes(await exchange(path, '')), ['OVER_QUOTA'])
      first.close()
      let answer: unknown
      for (let i = 0; answer !== 'fine' && i < 100; i++) {
        answer = await (await client(path)).request('status').catch(() => undefined)
      }
      assert.equal(answer, 'fine')
    })

    it('more requests at once than may wait', async () => {
      const path = await serve({ wait: async (_, { signal }) => once(signal, 'abort') }, { maxWaiting: 2 })
      const lines = [1, 2, 3].map((id) => `{"id":${id},"command":"wait"}\n`).join('')
      const answers = await exchange(path, lines, 1)
      assert.deepEqual([answers[0].id, codes(answers)], [3, ['OVER_QUOTA']])
    })

    it('answers without bounds', async () => {
      const path = await serve({ much: async () => 'x'.repeat(16_777_216) })
      await assert.rejects((await client(path)).request('much'), { code: 'TOO_LARGE' })
    })

    it('a caller that asks and does not read: its answers are not kept without bounds', async () => {
      const cut = Promise.withResolvers<void>()
      const path = await serve({
        much: async () => 'x'.repeat(8_000_000),
        wait: async (_, { signal }) => {
          await once(signal, 'abort')
          cut.resolve()
        }
      })
      const socket = connect(path).on('error', () => {})
      socket.write('{"id":"wait","command":"wait"}\n')
      for (let id = 0; id < 10; id++) {
        socket.write(`{"id":${id},"command":"much"}\n`)
      }
      await cut.promise
      socket.destroy()
    })
  })

  describe('lines', () => {
    it('are the same however the bytes are cut', () => {
      fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !line.includes('\n'))), fc.array(fc.nat(40)), (lines, cuts) => {
        const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
        const buffer = new LineBuffer(10_000)
        const read: string[] = []
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          read.push(...buffer.push(bytes.subarray(at, at + cut)))
          at += cut
        }
        assert.deepEqual(read, lines)
        assert.equal(buffer.bytes, 0)
      }))
    })
  })

  describe('client', () => {
    it('says that nobody is there', async () => {
      await leaveStale(join(folder, 'stale.sock'))
      await assert.rejects(ControlClient.connect(join(folder, 'no.sock')), { name: 'NoDaemonError', message: /no\.sock: there is no such socket$/ })
      await assert.rejects(ControlClient.connect(join(folder, 'stale.sock')), { name: 'NoDaemonError', message: /the daemon that was there has ended$/ })
    })

    it('waits no longer than its deadline, or until it is told to stop', async () => {
      const asker = await client(await serve({ wait: async (_, { signal }) => once(signal, 'abort') }))
      await assert.rejects(asker.request('wait', {}, { deadlineMs: 30 }), { name: 'DeadlineError' })
      await assert.rejects(asker.request('wait', {}, { signal: AbortSignal.timeout(30) }), { name: 'CancelledError' })
      await assert.rejects(asker.request('wait', {}, { signal: AbortSignal.abort() }), { name: 'CancelledError' })
    })

    for (const [title, answer] of Object.entries({ 'text that is not JSON': 'hello\n', 'JSON that is no answer': '{"id":"1"}\n' })) {
      it(`gives up on who answers with ${title}`, async () => {
        const server = keep(createServer((socket) => { socket.on('error', () => {}).end(answer) }).listen(join(folder, 'other.sock')))
        await once(server, 'listening')
        await assert.rejects((await client(join(folder, 'other.sock'))).request('status'), { code: 'CONTROL_LOST', message: /does not answer as a daemon of byway$/ })
      })
    }
  })

  describe('socket', () => {
    it('belongs to its user alone, in whatever folder it is', async () => {
      await chmod(folder, 0o755)
      assert.equal((await lstat(await serve())).mode & 0o777, 0o600)
    })

    it('takes the place of a dead one', async () => {
      await leaveStale(join(folder, 'a.sock'))
      const path = await serve({ status: async () => 'new' })
      assert.equal(await (await client(path)).request('status'), 'new')
      assert.deepEqual(await readdir(folder), ['a.sock'])
    })

    it('does not take the place of a living one, and says what to do', async () => {
      const path = await serve({ status: async () => 'old' })
      await assert.rejects(serve(), { name: 'ControlInUseError', path, message: /listens here already: stop it first, or give this node a key of its own/ })
      assert.equal(await (await client(path)).request('status'), 'old')
      assert.deepEqual(await readdir(folder), ['a.sock'])
    })

    it('does not take the place of a file', async () => {
      await writeFile(join(folder, 'a.sock'), 'mine')
      await assert.rejects(serve(), { name: 'ControlInUseError' })
      assert.ok((await lstat(join(folder, 'a.sock'))).isFile())
    })

    it('goes to one of several that start at once', async () => {
      await leaveStale(join(folder, 'a.sock'))
      const results = await Promise.allSettled(Array.from({ length: 8 }, async (_, n) => serve({ status: async () => n })))
      const winners = results.flatMap(({ status }, n) => status === 'fulfilled' ? [n] : [])
      assert.equal(winners.length, 1, JSON.stringify(results))
      assert.equal(await (await client(join(folder, 'a.sock'))).request('status'), winners[0])
      assert.deepEqual(await readdir(folder), ['a.sock'])
    })

    it('needs a path short enough, in a folder that is there', async () => {
      await assert.rejects(serve({}, {}, join(folder, 'x'.repeat(120))), { name: 'ControlAddressError', message: /name a shorter one$/ })
      await assert.rejects(serve({}, {}, join(folder, 'nowhere', 'a.sock')), { name: 'ControlAddressError', message: /nowhere\/a\.sock: .*ENOENT|EACCES/ })
    })
  })

  describe('folder', () => {
    it('is made for its user alone; sockets are named after role and peer id', async () => {
      assert.equal(await prepareControlPath('host', ID, env), join(folder, 'byway', 'host-oaMtimQ5.sock'))
      assert.equal((await lstat(join(folder, 'byway'))).mode & 0o777, 0o700)
    })

    it('is below the temporary one where there is none of the session, or it is not ours', async () => {
      const expected = join(folder, `byway-${process.getuid?.()}`)
      assert.deepEqual(await controlFolders({ TMPDIR: folder }), [expected])
      assert.deepEqual(await controlFolders({ TMPDIR: folder, XDG_RUNTIME_DIR: join(folder, 'nowhere') }), [expected])
      assert.deepEqual(await controlFolders(env), [join(folder, 'byway'), expected])
    })

    it('is not used when others can write there', async () => {
      await mkdir(join(folder, 'byway'))
      await chmod(join(folder, 'byway'), 0o770)
      await assert.rejects(prepareControlPath('host', ID, env), { name: 'ControlAddressError', message: /others can enter it \(mode 770\): run chmod 700 / })
      const { paths, complaints } = await findControlPaths(env)
      assert.deepEqual(paths, [])
      assert.match(complaints.join(), /byway: others can enter it/)
    })

    it('is not used when it is none', async () => {
      await writeFile(join(folder, 'byway'), '')
      await assert.rejects(prepareControlPath('host', ID, env), { name: 'ControlAddressError', message: /this is not a folder/ })
    })

    it('is cleared of what killed daemons left, and of nothing else', async () => {
      const path = await prepareControlPath('host', ID, env)
      await leaveStale(join(folder, 'byway', 'forwarder-x.sock'))
      await leaveStale(join(folder, 'byway', 'forwarder-x.lock'))
      await serve({}, {}, join(folder, 'byway', 'rsp-y.sock'))
      await writeFile(join(folder, 'byway', 'notes'), '')
      await prepareControlPath('host', ID, env)
      assert.deepEqual(await readdir(join(folder, 'byway')), ['notes', 'rsp-y.sock'])
      await serve({}, {}, path)
      assert.deepEqual((await findControlPaths(env)).paths, [path, join(folder, 'byway', 'rsp-y.sock')])
      assert.deepEqual((await findControlPaths(env, 'rsp')).paths, [join(folder, 'byway', 'rsp-y.sock')])
    })
  })

  describe('identity', () => {
    it('is had by one at a time, of whatever role, and is free when that one has ended or was killed; nobody takes its socket for one of commands', async () => {
      await leaveStale(await prepareControlPath('node', ID, env, 'lock'))
      const lock = await lockIdentity(ID, env) ?? assert.fail('there is a place for it')
      assert.equal(lock.path, join(folder, 'byway', 'node-oaMtimQ5.lock'))
      await assert.rejects(lockIdentity(ID, env), { name: 'IdentityInUseError', id: ID })
      assert.deepEqual((await findControlPaths(env)).paths, [])
      await lock.close()
      await (await lockIdentity(ID, env))?.close()
      assert.deepEqual(await readdir(join(folder, 'byway')), [])
    })

    it('is taken on trust where no socket can be', async () => {
      await writeFile(join(folder, 'byway'), '')
      assert.equal(await lockIdentity(ID, env), undefined)
    })
  })

  describe('a command for one daemon', () => {
    const id = async (asker: ControlClient): Promise<unknown> => asker.request('id')

    it('finds the only one of its role, also beside what a killed one left', async () => {
      const path = await prepareControlPath('host', ID, env)
      await serve({ id: async () => 'host' }, {}, path)
      await serve({ id: async () => 'rsp' }, {}, path.replace('host-', 'rsp-'))
      await leaveStale(path.replace('host-', 'host-x'))
      assert.equal(await withDaemon('host', undefined, terminal(), id), 'host')
    })

    it('names all where there are several, and takes the one that is named', async () => {
      const path = await prepareControlPath('host', ID, env)
      await serve({ id: async () => 'first' }, {}, path)
      const other = await serve({ id: async () => 'second' }, {}, path.replace('host-', 'host-x'))
      await assert.rejects(withDaemon('host', undefined, terminal(), id), { name: 'SeveralDaemonsError', paths: [path, other], message: new RegExp(`^2 daemons.*--control\\n {2}--control ${path}\n`) })
      assert.equal(await withDaemon('host', other, terminal(), id), 'second')
    })

    it('says how to start one where there is none, and which folder it does not trust', async () => {
      await mkdir(join(folder, 'byway'))
      await chmod(join(folder, 'byway'), 0o777)
      const complaints: string[] = []
      await assert.rejects(withDaemon('host', undefined, terminal(complaints), id), { name: 'NoDaemonError', message: /^no host of this user runs here: start one \(byway host --help\)/ })
      assert.match(complaints.join(), /^control folder .*: others can enter it/)
    })
  })
})
