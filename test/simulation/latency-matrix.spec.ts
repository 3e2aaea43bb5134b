import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MAX_ROWS, bundledMatrixFile, loadMatrix } from '../../src/simulation/latency-matrix.ts'

describe('latency matrix', () => {
  let folder: string

  before(async () => { folder = await mkdtemp(join(tmpdir(), 'byway-matrix-')) })
  after(async () => { await rm(folder, { recursive: true }) })

  async function fileOf (content: string | Uint8Array): Promise<string> {
    const file = join(folder, 'matrix')
    await writeFile(file, content)
    return file
  }

  for (const [name, content] of Object.entries({
    'text with tabs': '0\t1.5\n2\t0\n',
    'text with blank lines, spaces and CRLF': '\r\n  0   1.5 \r\n\r\n2 0',
    'gzip, whatever the file is called': gzipSync('0 1.5\n2 0\n')
  })) {
    it(`reads ${name}`, async () => {
      const matrix = await loadMatrix(await fileOf(content))
      assert.equal(matrix.size, 2)
      assert.equal(matrix.rttMs(0, 1), 1.5)
      assert.equal(matrix.rttMs(1, 0), 2, 'a matrix need not be symmetric')
    })
  }

  for (const { name, content, error } of [
    { name: 'no row', content: ' \n\n', error: { name: 'MatrixShapeError', message: /0 rows/ } },
    { name: 'a row that is too short', content: '0 1\n\n2\n', error: { name: 'MatrixShapeError', line: 3 } },
    { name: 'more columns than rows', content: '0 1 2\n1 0 2\n', error: { name: 'MatrixShapeError', line: 1 } },
    { name: 'a word', content: '0 1\nfar 0\n', error: { name: 'MatrixEntryError', line: 2, column: 1, found: 'far' } },
    { name: 'a negative number', content: '0 1\n1 -3\n', error: { name: 'MatrixEntryError', line: 2, column: 2, found: '-3' } },
    { name: 'NaN', content: '0 NaN\n1 0\n', error: { name: 'MatrixEntryError', line: 1, column: 2 } },
    { name: 'infinity', content: '0 1e999\n1 0\n', error: { name: 'MatrixEntryError', line: 1, column: 2 } },
    { name: 'too many rows', content: '0\n'.repeat(MAX_ROWS + 1), error: { name: 'MatrixShapeError', message: /2049 rows/ } },
    { name: 'a broken gzip', content: gzipSync('0').subarray(0, 12), error: { name: 'MatrixUnreadableError' } }
  ]) {
    it(`refuses a file with ${name} and says where`, async () => {
      await assert.rejects(loadMatrix(await fileOf(content)), error)
    })
  }

  it('names the file it cannot find', async () => {
    await assert.rejects(loadMatrix(join(folder, 'nowhere')), { name: 'MatrixUnreadableError', message: /nowhere/ })
  })

  it('throws for a row that is not there', async () => {
    const matrix = await loadMatrix(await fileOf('0 1\n1 0\n'))
    for (const row of [-1, 2, 0.5, NaN]) {
      assert.throws(() => matrix.rttMs(0, row), RangeError)
      assert.throws(() => matrix.rttMs(row, 0), RangeError)
    }
  })

  it('finds the PlanetLab matrix that comes with the package', async () => {
    const matrix = await loadMatrix(bundledMatrixFile())
    assert.equal(matrix.size, 490)
    assert.equal(matrix.rttMs(7, 7), 0)
    assert.equal(matrix.rttMs(3, 400), matrix.rttMs(400, 3))
  })
})
