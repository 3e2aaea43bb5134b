import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledMatrixFile, loadMatrix } from '../../src/simulation/latency-matrix.ts'
import { anyRelaysGainMs, oneRelayGainMs } from '../../src/simulation/replay-score.ts'
import { generatedWorld } from '../rsp/measurement-plan/generated-world.ts'
import { cli } from './terminal.ts'
import type { EvaluateReport } from '../../src/cli/evaluate-report.ts'

const SIZE = 60

type TraceLine = { slice: number, measured: Array<[number, number]>, paths?: never } | { slice: number, paths: Array<[number, number, number[]]>, measured?: never }

describe('byway evaluate', () => {
  let folder: string
  let slices: string[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-evaluate-'))
    slices = await Promise.all([1, 2, 3].map(async (slice) => {
      const { rttMs } = generatedWorld(SIZE, slice)
      const file = join(folder, `slice-${slice}`)
      await writeFile(file, Array.from({ length: SIZE }, (_, row) => rttMs.slice(row * SIZE, (row + 1) * SIZE).join('\t')).join('\n'))
      return file
    }))
  })
  after(async () => { await rm(folder, { recursive: true }) })

  async function report (...args: string[]): Promise<EvaluateReport> {
    const { code, out, err } = await cli(['evaluate', '--json', ...args])
    assert.equal(code, 0, err)
    return JSON.parse(out) as EvaluateReport
  }

  async function traceOf (...args: string[]): Promise<{ result: EvaluateReport, lines: TraceLine[] }> {
    const trace = join(folder, 'trace')
    const result = await report('--no-compare', '--trace', trace, ...args)
    return { result, lines: (await readFile(trace, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as TraceLine) }
  }

  it('writes a trace that anyone can judge: within the budget, over measured links, with the gains that the report names', async () => {
    const { result, lines } = await traceOf('--matrix', ...slices, '--budget', '0.1', '--relay-cost-ms', '2', '--seed', '7')
    assert.equal(lines.length, 2 * slices.length)
    for (const [at, file] of slices.entries()) {
      const { measured } = lines[2 * at]
      const { paths } = lines[2 * at + 1]
      assert.ok(measured !== undefined && paths !== undefined)
      const matrix = await loadMatrix(file)
      const links = new Set(measured.map(([a, b]) => Math.min(a, b) * SIZE + Math.max(a, b)))
      assert.equal(links.size, measured.length, 'no link is named twice')
      assert.ok(measured.length <= Math.floor(0.1 * SIZE * (SIZE - 1) / 2))
      let [gainMs, netGainMs, better, worse] = [0, 0, 0, 0]
      for (const [source, destination, relays] of paths) {
        const hops = [source, ...relays, destination]
        assert.ok(relays.length > 0 && new Set(hops).size === hops.length)
        let costMs = 2 * relays.length
        for (let hop = 1; hop < hops.length; hop++) {
          assert.ok(links.has(Math.min(hops[hop - 1], hops[hop]) * SIZE + Math.max(hops[hop - 1], hops[hop])), 'every hop was measured in the slice')
          costMs += matrix.rttMs(hops[hop - 1], hops[hop])
        }
        const savedMs = matrix.rttMs(source, destination) - costMs
        gainMs += Math.max(0, savedMs)
        netGainMs += savedMs
        better += savedMs > 0 ? 1 : 0
        worse += savedMs < 0 ? 1 : 0
      }
      const whole = { size: SIZE, rttMs: Float64Array.from({ length: SIZE * SIZE }, (_, pair) => matrix.rttMs(Math.floor(pair / SIZE), pair % SIZE)) }
      const slice = result.slices[at]
      const near = (found: number, expected: number, what: string): void => { assert.ok(Math.abs(found - expected) < 1e-9, `${what}: ${found} for ${expected}`) }
      assert.equal(slice.slice, at + 1)
      near(slice.measuredShare, measured.length / (SIZE * (SIZE - 1) / 2), 'measuredShare')
      near(slice.gainOverOneRelay, gainMs / oneRelayGainMs(whole, 2), 'gainOverOneRelay')
      near(slice.gainOverAny, gainMs / anyRelaysGainMs(whole, 2), 'gainOverAny')
      near(slice.netGainOverOneRelay, netGainMs / oneRelayGainMs(whole, 2), 'netGainOverOneRelay')
      near(slice.improvedShare, better / (SIZE * (SIZE - 1)), 'improvedShare')
      near(slice.worseShare, worse / (SIZE * (SIZE - 1)), 'worseShare')
    }
  })

  it('does not judge the slice of a sweep, and names the others by their place', async () => {
    const { result, lines } = await traceOf('--matrix', ...slices, '--warm-up', 'sweep')
    assert.deepEqual(result.slices.map(({ slice }) => slice), [2, 3])
    assert.deepEqual(lines.map(({ slice }) => slice), [2, 2, 3, 3])
  })

  it('sums up with means over the slices, and says what is left of a choice one slice later', async () => {
    const { slices: each, summary } = await report('--no-compare', '--matrix', ...slices)
    assert.equal(summary.slices, 3)
    assert.ok(Math.abs(summary.gainOverAny - each.reduce((sum, { gainOverAny }) => sum + gainOverAny, 0) / 3) < 1e-12)
    assert.equal(each[0].staleGainOverOneRelay, null)
    const later = (each[1].staleGainOverOneRelay ?? Number.NaN) + (each[2].staleGainOverOneRelay ?? Number.NaN)
    assert.ok(Math.abs((summary.staleShare ?? Number.NaN) - later / (each[1].gainOverOneRelay + each[2].gainOverOneRelay)) < 1e-12)
  })

  it('gives the same report for the same seed, another for another', async () => {
    const args = ['--no-compare', '--matrix', slices[0], '--budget', '0.1']
    assert.deepEqual(await report(...args, '--seed', '3'), await report(...args, '--seed', '3'))
    assert.notDeepEqual((await report(...args, '--seed', '3')).summary, (await report(...args, '--seed', '4')).summary)
  })

  it('plays a part of the nodes where told to, in rows of the whole matrix', async () => {
    const { result, lines } = await traceOf('--matrix', slices[0], '--nodes', '20', '--budget', '0.2')
    const rows = new Set(lines[0].measured?.flat())
    assert.equal(result.nodes, 20)
    assert.equal(rows.size, 20)
    assert.ok([...rows].some((row) => row >= 20))
  })

  it('gains more on measured latencies than domains, random hubs and random links do, with the same budget', async () => {
    const file = bundledMatrixFile()
    const result = await report('--matrix', file, file, file, file, '--nodes', '150', '--budget', '0.1')
    assert.deepEqual(result.compared.map(({ scheme }) => scheme), ['domains', 'random-hubs', 'random-links'])
    for (const { scheme, slices: compared } of result.compared) {
      assert.ok(compared.every(({ measuredShare }) => measuredShare <= 0.1), scheme)
      assert.ok(result.slices[3].gainOverOneRelay > 1.2 * compared[3].gainOverOneRelay, `${scheme}: ${compared[3].gainOverOneRelay} where the plan gains ${result.slices[3].gainOverOneRelay}`)
    }
  })

  it('plays RSPs that exchange: each within its budget, together nearly as good as one with both, and far better than without', async () => {
    const file = bundledMatrixFile()
    const { result, lines } = await traceOf('--matrix', file, file, file, '--nodes', '100', '--budget', '0.05', '--rsps', '2', '--exchange')
    const links = 100 * 99 / 2
    assert.deepEqual([result, ...result.compared].map(({ scheme }) => scheme), ['rsp-1', 'rsp-2', 'one-rsp', 'rsp-1-alone', 'rsp-2-alone'])
    assert.ok([result, ...result.compared].every(({ scheme, slices: played }) => played.every(({ measuredShare }) => measuredShare <= (scheme === 'one-rsp' ? 0.1 : 0.05))))
    const { rsps } = result
    assert.ok(rsps?.exchange)
    for (const { rsp, gain, shareOfWhole, aloneShareOfWhole, givenLinks, auditedLinks, trust } of rsps.each) {
      assert.ok(Math.abs(gain - [result, ...result.compared][rsp - 1].summary.gainOverOneRelay) < 1e-12)
      assert.ok(shareOfWhole >= 0.9 && shareOfWhole > (aloneShareOfWhole ?? 1) + 0.05, `${shareOfWhole}, alone ${aloneShareOfWhole}`)
      assert.ok(givenLinks > 0.03 * links && auditedLinks > 0 && (trust ?? 0) > 0.6)
    }
    const traced = lines as Array<TraceLine & { rsp: number }>
    assert.deepEqual(traced.filter(({ paths }) => paths !== undefined).map(({ slice, rsp }) => [slice, rsp]), [[1, 1], [1, 2], [2, 1], [2, 2], [3, 1], [3, 2]])
    // every hop of every path was measured in the slice by one of them
    for (const slice of [1, 2, 3]) {
      const measured = new Set(traced.filter((line) => line.slice === slice).flatMap((line) => line.measured ?? []).map(([a, b]) => String([Math.min(a, b), Math.max(a, b)])))
      assert.ok(measured.size <= 2 * Math.floor(0.05 * links))
      const hops = traced.filter((line) => line.slice === slice).flatMap((line) => line.paths ?? []).flatMap(([source, destination, relays]) => {
        const nodes = [source, ...relays, destination]
        return nodes.slice(1).map((node, at) => String([Math.min(node, nodes[at]), Math.max(node, nodes[at])]))
      })
      assert.ok(hops.length > 0 && hops.every((hop) => measured.has(hop)))
    }
  })

  it('says of RSPs that exchange what it came to, as text and in the plot', async () => {
    const plot = join(folder, 'rsps.svg')
    const { code, out } = await cli(['evaluate', '--matrix', ...slices, '--budget', '0.1', '--rsps', '2', '--exchange', '--plot', plot])
    assert.equal(code, 0)
    assert.match(out, /2 RSPs with that budget each, which exchange what they measure; one with all their budgets gains \d\.\d{3}\./)
    assert.match(await readFile(plot, 'utf8'), /rsp-2-alone<\/text>/)
    assert.doesNotMatch((await cli(['evaluate', '--matrix', slices[0], '--budget', '0.1', '--rsps', '2'])).out, /alone/)
  })

  it('says the same as text, scheme by scheme', async () => {
    const { code, out } = await cli(['evaluate', '--matrix', ...slices])
    assert.equal(code, 0)
    assert.match(out, /60 nodes, 5.* of the links measured per slice, from a cold start, 1 ms per relay/)
    for (const scheme of ['learned-backbone', 'domains', 'random-hubs', 'random-links']) {
      assert.match(out, new RegExp(`^${scheme} `, 'm'))
    }
  })

  it('regression: leaves the plot that there is when nothing comes of the evaluation', async () => {
    const plot = join(folder, 'kept.svg')
    await writeFile(plot, 'yesterday')
    const { code } = await cli(['evaluate', '--matrix', join(folder, 'nowhere'), '--plot', plot])
    assert.equal(code, 2)
    assert.equal(await readFile(plot, 'utf8'), 'yesterday')
  })

  it('plots a curve with a point per slice for every scheme', async () => {
    const plot = join(folder, 'plot.svg')
    const { code } = await cli(['evaluate', '--matrix', ...slices, '--plot', plot])
    const svg = await readFile(plot, 'utf8')
    assert.equal(code, 0)
    assert.match(svg, /^<svg [\s\S]*<\/svg>\n$/)
    assert.equal(svg.match(/<polyline/g)?.length, 4)
    assert.equal(svg.match(/<circle/g)?.length, 12)
  })

  for (const { name, args, message } of [
    { name: 'an exchange with nobody', args: ['--exchange'], message: /--exchange.*give --rsps 2 or more/s },
    { name: 'no RSP', args: ['--rsps', '0'], message: /--rsps.*Expected a whole number from 1 to 8/s },
    { name: 'a budget of nothing', args: ['--budget', '0'], message: /--budget.*Expected a share above 0/s },
    { name: 'a budget of more than all', args: ['--budget', '1.5'], message: /--budget.*at most 1/s },
    { name: 'a seed that is no whole number', args: ['--seed', '1.5'], message: /--seed.*whole number/s },
    { name: 'a negative cost of relays', args: ['--relay-cost-ms', '-1'], message: /--relay-cost-ms.*from 0 to 1000/s },
    { name: 'a warm-up that does not exist', args: ['--warm-up', 'hot'], message: /--warm-up.*sweep, cold/s },
    { name: 'a unit that does not exist', args: ['--unit', 'us'], message: /--unit.*ms, s/s },
    { name: 'a single node', args: ['--nodes', '1'], message: /--nodes.*from 2/s },
    { name: 'more nodes than the matrix has', args: ['--nodes', '61'], message: /--nodes.*60/ }
  ]) {
    it(`refuses ${name}`, async () => {
      const { code, out, err } = await cli(['evaluate', '--matrix', slices[0], ...args])
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(err, message)
    })
  }

  it('refuses to run without a matrix, and a sweep without a second slice', async () => {
    assert.match((await cli(['evaluate'])).err, /--matrix/)
    const { code, err } = await cli(['evaluate', '--matrix', slices[0], '--warm-up', 'sweep'])
    assert.equal(code, 2)
    assert.match(err, /at least two slices/)
  })

  for (const { name, content, message } of [
    { name: 'has fewer rows than the first', content: '0 1\n1 0\n', message: /2 rows where the first slice has 60/ },
    { name: 'is no square', content: '0 1\n1\n', message: /line 2/ },
    { name: 'has a word in it', content: '0 x\n1 0\n', message: /'x' is no round trip/ }
  ]) {
    it(`names a slice that ${name}`, async () => {
      const bad = join(folder, 'bad')
      await writeFile(bad, content)
      const { code, out, err } = await cli(['evaluate', '--no-compare', '--json', '--matrix', slices[0], bad])
      assert.notEqual(code, 0)
      assert.equal(out, '')
      assert.match(err, message)
      assert.match(err, /bad/)
    })
  }

  it('names a file that is not there, and one that cannot be written', async () => {
    const missing = await cli(['evaluate', '--matrix', join(folder, 'missing')])
    assert.notEqual(missing.code, 0)
    assert.match(missing.err, /missing/)
    const unwritable = await cli(['evaluate', '--no-compare', '--matrix', slices[0], '--trace', join(folder, 'no', 'trace')])
    assert.notEqual(unwritable.code, 0)
    assert.match(unwritable.err, /no\/trace/)
  })

  for (const flag of ['--trace', '--plot']) {
    it(`regression: says that it cannot write what ${flag} names before it begins to evaluate`, async () => {
      const { code, out, err } = await cli(['evaluate', '--no-compare', '--matrix', ...slices, flag, join(folder, 'no', 'file')])
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, new RegExp(`^byway: ${flag}: cannot write there: .*no/file'$`))
    })
  }

  it('regression: has told the report when a file of it fails at last', async function () {
    const full = '/dev/full'
    if (!existsSync(full)) {
      this.skip()
    }
    for (const flag of ['--trace', '--plot']) {
      const { code, out, err } = await cli(['evaluate', '--no-compare', '--json', '--matrix', slices[0], flag, full])
      assert.deepEqual([code, (JSON.parse(out) as EvaluateReport).nodes], [2, SIZE])
      assert.match(err, /ENOSPC/)
    }
  })

  it('stops between slices when it is told to', async () => {
    const { code, out } = await cli(['evaluate', '--json', '--matrix', ...slices], { signal: AbortSignal.abort() })
    assert.notEqual(code, 0)
    assert.equal(out, '')
  })
})
