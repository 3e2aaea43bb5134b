import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { defaultKeyFile, loadOrCreateKey } from '../../src/cli/key-file.ts'

describe('key file', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-key-'))
    file = join(folder, 'config', 'forwarder.key')
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  async function put (bytes: Uint8Array, mode = 0o600): Promise<string> {
    const there = join(folder, 'there.key')
    await writeFile(there, bytes)
    await chmod(there, mode)
    return there
  }

  it('is made with its folder when it is missing, for its owner alone, and read the next time', async () => {
    const key = await loadOrCreateKey(file)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.ok(privateKeyFromProtobuf(await readFile(file)).equals(key))
    assert.ok((await loadOrCreateKey(file)).equals(key))
    assert.deepEqual(await readdir(join(folder, 'config')), ['forwarder.key'])
  })

  it('gives all who start at once the same key', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, async () => loadOrCreateKey(file)))
    assert.ok(keys.every((key) => key.equals(keys[0])))
    assert.deepEqual(await readdir(join(folder, 'config')), ['forwarder.key'])
  })

  for (const code of ['EPERM', 'ENOTSUP']) {
    it(`regression: is made where the file system has no hard links, and one that is there stays (${code})`, async () => {
      const noLinks = async (): Promise<void> => { throw Object.assign(new Error(`${code}: link`), { code }) }
      const key = await loadOrCreateKey(file, noLinks)
      assert.equal((await stat(file)).mode & 0o777, 0o600)
      assert.ok((await loadOrCreateKey(file, noLinks)).equals(key))
      assert.deepEqual(await readdir(join(folder, 'config')), ['forwarder.key'])
      const late = join(folder, 'config', 'late.key')
      const first = await loadOrCreateKey(late, async () => {
        await writeFile(late, privateKeyToProtobuf(key), { mode: 0o600 })
        return noLinks()
      })
      assert.ok(first.equals(key), 'another process was faster')
    })
  }

  it('is not made where a link fails for another reason, and leaves nothing behind', async () => {
    await assert.rejects(loadOrCreateKey(file, async () => { throw Object.assign(new Error('EIO: link'), { code: 'EIO' }) }), { name: 'KeyFileError', message: /EIO/ })
    assert.deepEqual(await readdir(join(folder, 'config')), [])
  })

  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    it(`is refused with mode ${mode.toString(8)}, with the way to mend it`, async () => {
      const open = await put(privateKeyToProtobuf(await generateKeyPair('Ed25519')), mode)
      await assert.rejects(loadOrCreateKey(open), { name: 'KeyFileError', file: open, message: new RegExp(`mode ${mode.toString(8)}.*chmod 600`) })
    })
  }

  const malformed: Array<{ title: string, bytes: Uint8Array, message: RegExp }> = [
    { title: 'empty', bytes: new Uint8Array(0), message: /holds no libp2p private key/ },
    { title: 'text', bytes: new TextEncoder().encode('-----BEGIN PRIVATE KEY-----'), message: /holds no libp2p private key/ },
    { title: 'cut short', bytes: new Uint8Array([8, 1, 18, 64, 1, 2, 3]), message: /holds no libp2p private key/ },
    { title: 'much too long', bytes: new Uint8Array(10_000), message: /10000 bytes are no private key/ }
  ]
  for (const { title, bytes, message } of malformed) {
    it(`is refused when it is ${title}, and left as it is`, async () => {
      const bad = await put(bytes)
      await assert.rejects(loadOrCreateKey(bad), { name: 'KeyFileError', message })
      assert.deepEqual(new Uint8Array(await readFile(bad)), bytes)
    })
  }

  it('is refused when the key is of a type that cannot sign descriptors', async () => {
    const other = await put(privateKeyToProtobuf(await generateKeyPair('secp256k1')))
    await assert.rejects(loadOrCreateKey(other), { name: 'KeyFileError', message: /type secp256k1, and byway needs Ed25519/ })
  })

  it('is refused when it is a folder, or below a file', async () => {
    await assert.rejects(loadOrCreateKey(folder), { name: 'KeyFileError' })
    const below = join(await put(new Uint8Array(1)), 'x.key')
    await assert.rejects(loadOrCreateKey(below), { name: 'KeyFileError' })
  })

  it('is where XDG_CONFIG_HOME says, else in ~/.config, one for each role', () => {
    assert.equal(defaultKeyFile('rsp', { XDG_CONFIG_HOME: '/etc/xdg' }), '/etc/xdg/byway/rsp.key')
    assert.equal(defaultKeyFile('host', { XDG_CONFIG_HOME: '' }), join(homedir(), '.config/byway/host.key'))
    assert.equal(defaultKeyFile('host', {}), join(homedir(), '.config/byway/host.key'))
  })
})
