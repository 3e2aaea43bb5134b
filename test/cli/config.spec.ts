import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { addSettings, readSettings } from '../../src/cli/config.ts'
import { addHostSettings, readHostSettings } from '../../src/cli/short-lived-host.ts'
import { SETTINGS } from '../../src/cli/settings.ts'
import type { Settings, SettingName } from '../../src/cli/settings.ts'

const NAMES = (Object.keys(SETTINGS) as SettingName[])
const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

describe('settings of a command', () => {
  let folder: string

  before(async () => { folder = await mkdtemp(join(tmpdir(), 'byway-config-')) })
  after(async () => { await rm(folder, { recursive: true }) })

  async function read (init: { args?: string[], env?: Record<string, string>, toml?: string }): Promise<Partial<Settings>> {
    const args = [...init.args ?? []]
    if (init.toml !== undefined) {
      const file = join(folder, 'byway.toml')
      await writeFile(file, init.toml)
      args.push('--config', file)
    }
    const command = addSettings(new Command().exitOverride(), NAMES)
    command.parse(args, { from: 'user' })
    return readSettings(NAMES, { flags: command.opts(), env: init.env ?? {} })
  }

  it('are those that were given, and no others', async () => {
    assert.deepEqual(await read({}), {})
    assert.deepEqual(await read({ env: { BYWAY_OPERATOR: '', UNRELATED: 'x' } }), {})
  })

  const args = ['--operator', 'flag']
  const env = { BYWAY_OPERATOR: 'variable', BYWAY_NETWORK: 'variable' }
  const toml = 'operator = "file"\nnetwork = "file"\nmap = "surveys"'

  it('come from flags before the environment before the file', async () => {
    assert.deepEqual(await read({ args, env, toml }), { operator: 'flag', network: 'variable', map: 'surveys' })
    assert.deepEqual(await read({ env, toml }), { operator: 'variable', network: 'variable', map: 'surveys' })
    assert.deepEqual(await read({ toml }), { operator: 'file', network: 'file', map: 'surveys' })
  })

  it('let a variable switch off what the file switches on', async () => {
    assert.deepEqual(await read({ env: { BYWAY_LOCAL: 'no' }, toml: 'local = true' }), { local: false })
  })

  it('take a variable that is called after the flag, where that is singular: an operator who forbids is not passed over', async () => {
    const read = async (env: Record<string, string>): Promise<unknown> => readSettings(['rsps', 'tags'], { flags: {}, env })
    assert.deepEqual(JSON.stringify(await read({ BYWAY_RSP_ALLOWED: PEER, BYWAY_TAG: 'region=eu' })), JSON.stringify(await read({ BYWAY_RSPS: PEER, BYWAY_TAGS: 'region=eu' })))
    assert.notDeepEqual(await read({ BYWAY_RSP_ALLOWED: PEER }), {})
  })

  it('name the file in a variable too', async () => {
    const file = join(folder, 'named.toml')
    await writeFile(file, 'max-access = 3')
    assert.deepEqual(await read({ env: { BYWAY_CONFIG: file } }), { maxAccess: 3 })
  })

  const everywhere: Array<{ title: string, args: string[], env: Record<string, string>, toml: string, expected: Record<string, unknown> }> = [{
    title: 'lists of multiaddrs',
    args: ['--bootstrap', '/ip4/1.2.3.4/tcp/1', '--bootstrap', '/ip4/1.2.3.4/tcp/2,/dns/a.example/tcp/3'],
    env: { BYWAY_BOOTSTRAP: '/ip4/1.2.3.4/tcp/1 /ip4/1.2.3.4/tcp/2,/dns/a.example/tcp/3' },
    toml: 'bootstrap = ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2", "/dns/a.example/tcp/3"]',
    expected: { bootstrap: '/ip4/1.2.3.4/tcp/1,/ip4/1.2.3.4/tcp/2,/dns/a.example/tcp/3' }
  }, {
    title: 'peer ids',
    args: ['--watched-by', PEER],
    env: { BYWAY_WATCHED_BY: PEER },
    toml: `watched-by = ["${PEER}"]`,
    expected: { watchedBy: PEER }
  }, {
    title: 'capacities in bits',
    args: ['--capacity', '100Mbit'],
    env: { BYWAY_CAPACITY: '100 Mbit/s' },
    toml: 'capacity = "0.1Gbit"',
    expected: { capacity: '12500000' }
  }, {
    title: 'what surveys may burst',
    args: ['--survey-bandwidth', '1Mbit'],
    env: { BYWAY_SURVEY_BANDWIDTH: '1Mbit/s' },
    toml: 'survey-bandwidth = "125kB"',
    expected: { surveyBandwidth: '125000' }
  }, {
    title: 'no bursts of surveys',
    args: ['--survey-bandwidth', 'off'],
    env: { BYWAY_SURVEY_BANDWIDTH: 'off' },
    toml: 'survey-bandwidth = "off"',
    expected: { surveyBandwidth: '0' }
  }, {
    title: 'capacities in bytes',
    args: ['--capacity', '12.5MB'],
    env: { BYWAY_CAPACITY: '12.5MB/s' },
    toml: 'capacity = "12500kB"',
    expected: { capacity: '12500000' }
  }, {
    title: 'whole numbers',
    args: ['--max-attachments', '50'],
    env: { BYWAY_MAX_ATTACHMENTS: '50' },
    toml: 'max-attachments = 50',
    expected: { maxAttachments: '50' }
  }, {
    title: 'prices',
    args: ['--price', '0.25'],
    env: { BYWAY_PRICE: '0.250000' },
    toml: 'price = 0.25',
    expected: { price: '250000' }
  }, {
    title: 'prices per GB',
    args: ['--price-per-gb', '0.05'],
    env: { BYWAY_PRICE_PER_GB: '0.050' },
    toml: 'price-per-gb = 0.05',
    expected: { pricePerGb: '50000' }
  }, {
    title: 'with whom measurements are exchanged: everybody',
    args: ['--exchange', 'all'],
    env: { BYWAY_EXCHANGE: 'all' },
    toml: 'exchange = "all"',
    expected: { exchange: 'all' }
  }, {
    title: 'with whom measurements are exchanged: some',
    args: ['--exchange', PEER],
    env: { BYWAY_EXCHANGE: PEER },
    toml: `exchange = ["${PEER}"]`,
    expected: { exchange: PEER }
  }, {
    title: 'switches',
    args: ['--ephemeral'],
    env: { BYWAY_EPHEMERAL: 'yes' },
    toml: 'ephemeral = true',
    expected: { ephemeral: 'true' }
  }]
  for (const { title, expected, ...sources } of everywhere) {
    it(`mean the same wherever they stand: ${title}`, async () => {
      for (const source of [{ args: sources.args }, { env: sources.env }, { toml: sources.toml }]) {
        const settings = await read(source)
        assert.deepEqual(Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, (value as bigint | number | boolean | string[]).toString()])), expected)
      }
    })
  }

  it('hold tags, given one by one or as a table', async () => {
    const expected = { tags: { region: 'eu', 'asn': '64500' } }
    assert.deepEqual(await read({ args: ['--tag', 'region=eu', '--tag', 'asn=64500'] }), expected)
    assert.deepEqual(await read({ env: { BYWAY_TAGS: 'region=eu,asn=64500' } }), expected)
    assert.deepEqual(await read({ toml: '[tags]\nregion = "eu"\nasn = "64500"' }), expected)
  })

  const refused: Array<{ title: string, init: Parameters<typeof read>[0], name?: string, message: RegExp }> = [
    { title: 'a capacity without unit', init: { args: ['--capacity', '100'] }, message: /^--capacity: expected a rate with its unit, .* got "100"$/ },
    { title: 'a capacity in Mb, which is either', init: { args: ['--capacity', '100Mb'] }, message: /^--capacity: expected a rate/ },
    { title: 'a capacity of nothing', init: { args: ['--capacity', '0Mbit'] }, message: /^--capacity: expected a rate/ },
    { title: 'a number where the file needs text', init: { toml: 'capacity = 100' }, message: /^capacity in .*byway\.toml: expected a rate .* got 100$/ },
    { title: 'what is no multiaddr, among others that are', init: { env: { BYWAY_LISTEN: '/ip4/0.0.0.0/tcp/0,localhost:80' } }, message: /^BYWAY_LISTEN: expected multiaddrs .* got "localhost:80"$/ },
    { title: 'a peer id that is none', init: { args: ['--watched-by', 'me'] }, message: /^--watched-by: expected peer ids .* got "me"$/ },
    { title: 'a map of another kind', init: { toml: 'map = "guesses"' }, message: /^map in .*: expected "reports" or "surveys"; got "guesses"$/ },
    { title: 'too many attachments', init: { args: ['--max-attachments', '65536'] }, message: /^--max-attachments: expected a whole number from 1 to 65535/ },
    { title: 'half an attachment', init: { toml: 'max-attachments = 1.5' }, message: /^max-attachments in .*: expected a whole number/ },
    { title: 'a switch that is neither on nor off', init: { env: { BYWAY_LOCAL: 'perhaps' } }, message: /^BYWAY_LOCAL: expected true or false; got "perhaps"$/ },
    { title: 'a truth for a number', init: { toml: 'max-access = true' }, message: /^max-access in .*: expected a whole number .* got true$/ },
    { title: 'a tag without value', init: { args: ['--tag', 'region'] }, message: /^--tag: expected up to 16 tags such as region=eu/ },
    { title: 'a network with a slash', init: { args: ['--network', 'a/b'] }, message: /^--network: expected a name/ },
    { title: 'a price per GB that no report can say', init: { args: ['--price-per-gb', '2147.483648'] }, message: /^--price-per-gb: expected an amount such as "0\.05", at most 2147\.483647; got "2147\.483648"$/ },
    { title: 'a negative price', init: { toml: 'price = -1' }, message: /^price in .*: expected an amount/ },
    { title: 'a value too long to show whole', init: { args: ['--map', 'x'.repeat(500)] }, message: /got "x{78}…$/ },
    { title: 'unknown keys of a file', init: { toml: 'capcity = "1Mbit"' }, name: 'ConfigFileError', message: /byway\.toml: unknown key "capcity"; this command knows listen, announce, bootstrap, .*capacity/ },
    { title: 'a file that is not TOML', init: { toml: 'capacity: 100' }, name: 'ConfigFileError', message: /byway\.toml: this is not TOML: / },
    { title: 'a file that is not there', init: { args: ['--config', '/nowhere/byway.toml'] }, name: 'ConfigFileError', message: /^config file \/nowhere\/byway\.toml: there is no such file$/ },
    { title: 'a file without bounds', init: { toml: `# ${'x'.repeat(70_000)}` }, name: 'ConfigFileError', message: /is it the right file\?$/ }
  ]
  for (const { title, init, name = 'InvalidSettingError', message } of refused) {
    it(`refuse ${title}, and say where it stands and what would do`, async () => {
      await assert.rejects(read(init), { name, message })
    })
  }

  it('regression: are read from a file that has settings of other commands, too, which are passed over; what no command knows is refused', async () => {
    const file = join(folder, 'shared.toml')
    const shared = 'local = true\nmax-paths = 7\n[queries]\ncalls = "minimize delay"\n'
    await writeFile(file, shared)
    const readShared = async (): Promise<unknown> => readSettings(['control', 'local'], { flags: {}, env: { BYWAY_CONFIG: file } })
    assert.deepEqual(await readShared(), { local: true })
    await writeFile(file, `capcity = "1Mbit"\n${shared}`)
    await assert.rejects(readShared(), { name: 'ConfigFileError', message: /shared\.toml: unknown key "capcity"; this command knows control, local$/ })
  })

  it('regression: of a command beside a daemon whose file it shares: where the daemon listens, that command does not, and says so', async () => {
    const file = join(folder, 'of-a-daemon.toml')
    await writeFile(file, 'listen = ["/ip4/0.0.0.0/tcp/4001"]\nmax-access = 3\n')
    const read = async (...args: string[]): Promise<unknown> => {
      const command = addHostSettings(new Command().exitOverride())
      command.parse(['--config', file, ...args], { from: 'user' })
      const { listen, maxAccess } = await readHostSettings(command.opts(), { env: { BYWAY_LISTEN: '/ip4/0.0.0.0/tcp/4001' } })
      return { listen: listen?.map(String), maxAccess }
    }
    assert.deepEqual(await read(), { listen: undefined, maxAccess: 3 })
    assert.deepEqual(await read('--listen', '/ip4/127.0.0.1/tcp/0'), { listen: ['/ip4/127.0.0.1/tcp/0'], maxAccess: 3 })
    const help = addHostSettings(new Command()).helpInformation().replace(/\s+/g, ' ')
    assert.match(help, /listen here; port 0 takes a free one; only as a flag;/)
    assert.match(help, /settings as TOML: bootstrap, network, local, max-access, wait, json/)
  })

  it('are checked only where they count', async () => {
    assert.deepEqual(await read({ args: ['--capacity', '1MB'], env: { BYWAY_CAPACITY: 'much' } }), { capacity: 1_000_000 })
  })
})
