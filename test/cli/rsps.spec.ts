import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlServer } from '../../src/cli/control-server.ts'
import { ScoreBoard } from '../../src/host/score-board.ts'
import { ScoreFile } from '../../src/cli/score-file.ts'
import { rspCommands, rspsText } from '../../src/cli/rsps.ts'
import { cli } from './terminal.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'

const [HONEST, LIAR, STRANGER] = await Promise.all([1, 2, 3].map(peerOf))

function scoreSome (board: ScoreBoard): void {
  for (let i = 0; i < 4; i++) {
    board.change(LIAR, (score, nowMs) => { score.judge({ rttMs: { promised: 20, margin: 1, measured: 41 }, weight: 1, isTaken: true }, nowMs) })
    board.change(HONEST, (score, nowMs) => { score.judge({ rttMs: { promised: 40, margin: 2, measured: 41 }, weight: 1, isTaken: true }, nowMs) })
    board.change(HONEST, (score, nowMs) => { score.answered(12, 250_000, nowMs) })
  }
  board.change(STRANGER, (score, nowMs) => { score.failed(nowMs) })
}

describe('byway rsps', () => {
  let folder: string
  let control: string
  let server: ControlServer
  let board: ScoreBoard

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-rsps-'))
    control = join(folder, 'host.sock')
    board = new ScoreBoard({ now: () => NOW_MS, log: SILENT })
    server = await ControlServer.listen({ path: control, commands: rspCommands(board) })
  })

  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  it('shows the trusted first, what came of their promises, and what short ids stand for', () => {
    scoreSome(board)
    const lines = rspsText(board.list, NOW_MS + 65_000)
    assert.match(lines[0], /^RSP +standing +kept +within +off by +answers +price +last$/)
    assert.match(lines[1], new RegExp(`^${HONEST.toString().slice(-6)} +trusted +86 % \\(4 judged, 0 broken\\) +\\d\\d % +\\+2\\.4 % ± \\d\\.\\d % .*\\(4 of 4\\) in 12\\.0 ms +0\\.25 +1 min 5 s ago$`))
    assert.match(lines[2], new RegExp(`^${STRANGER.toString().slice(-6)} +new +75 % \\(0 judged, 0 broken\\) +– +– +57 % \\(0 of 1\\) +–`))
    assert.match(lines[3], /distrusted +43 % \(4 judged, 4 broken\) +\d\d % +\+100 %/)
    assert.equal(lines[5], `  ${HONEST.toString().slice(-6)}  ${HONEST.toString()}`)
  })

  it('prints them as JSON, whole', async () => {
    scoreSome(board)
    const { code, out } = await cli(['rsps', '--control', control, '--json'])
    assert.equal(code, 0)
    const { rsps } = JSON.parse(out)
    assert.deepEqual(rsps, board.list)
  })

  it('says when nobody has been asked yet', async () => {
    assert.equal((await cli(['rsps', '--control', control])).out, 'no RSP has been asked yet')
  })

  it('says that it needs a running host', async () => {
    const { code, err } = await cli(['rsps', '--control', join(folder, 'nobody.sock')])
    assert.equal(code, 2)
    assert.match(err, /^byway: no daemon takes commands at /)
  })
})

describe('the file of scores', () => {
  let folder: string
  let warnings: string[]

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'byway-scores-')), 'data')
    warnings = []
  })

  afterEach(async () => { await rm(join(folder, '..'), { recursive: true }) })

  const boardOnFile = async (): Promise<ScoreBoard> => {
    const board = new ScoreBoard({ store: new ScoreFile(folder, (text) => { warnings.push(text) }), now: () => NOW_MS, log: SILENT })
    await board.load()
    return board
  }

  it('is for its owner alone, replaced as a whole, and read at the next start', async () => {
    const board = await boardOnFile()
    scoreSome(board)
    await board.flush()
    board.change(STRANGER, (score, nowMs) => { score.failed(nowMs) })
    await board.flush()
    const again = await boardOnFile()
    assert.deepEqual(again.list, board.list)
    assert.deepEqual(await readdir(folder), ['rsp-scores.json'])
    assert.equal((await stat(join(folder, 'rsp-scores.json'))).mode & 0o077, 0)
    assert.deepEqual(warnings, [])
  })

  for (const [title, text] of [['is cut off', '{"version":1,"sco'], ['is empty', ''], ['is huge', ' '.repeat(2_100_000)], ['is no record', '{"version":1}']]) {
    it(`is complained of in one line when it ${title}, and begins anew`, async () => {
      await (await boardOnFile()).flush()
      const first = await boardOnFile()
      scoreSome(first)
      await first.flush()
      await writeFile(join(folder, 'rsp-scores.json'), text)
      const board = await boardOnFile()
      assert.deepEqual(board.list, [])
      assert.equal(warnings.length, 1)
      assert.match(warnings[0], /^the scores of RSPs in .*rsp-scores\.json cannot be read and begin anew: .+$/)
      scoreSome(board)
      await board.flush()
      assert.equal((await boardOnFile()).list.length, 3)
    })
  }
})
