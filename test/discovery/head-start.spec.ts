import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { withHeadStart } from '../../src/discovery/head-start.ts'

const HEAD_START_MS = 1_000

describe('an answer that may come in two ways', () => {
  beforeEach(() => { mock.timers.enable({ apis: ['setTimeout'] }) })
  afterEach(() => { mock.timers.reset() })

  const never = async (): Promise<undefined> => new Promise(() => {})

  it('is that of the first one, and the second is not asked, when it comes soon', async () => {
    const answer = await withHeadStart(Promise.resolve('first'), HEAD_START_MS, async () => { throw new Error('asked') })
    assert.equal(answer, 'first')
  })

  it('regression: is that of the second one when the first stays silent', async () => {
    const answer = withHeadStart(never(), HEAD_START_MS, async () => 'second')
    await Promise.resolve()
    mock.timers.tick(HEAD_START_MS)
    assert.equal(await answer, 'second')
  })

  it('is asked for in the second way at once when the first has none, or fails', async () => {
    assert.equal(await withHeadStart(Promise.resolve(undefined), HEAD_START_MS, async () => 'second'), 'second')
    assert.equal(await withHeadStart(Promise.reject(new Error('cannot be dialled')), HEAD_START_MS, async () => 'second'), 'second')
  })

  it('is that of the first one, late, when the second has none; and none where neither has', async () => {
    const first = Promise.withResolvers<string | undefined>()
    const late = withHeadStart(first.promise, HEAD_START_MS, async () => undefined)
    mock.timers.tick(HEAD_START_MS)
    await Promise.resolve()
    first.resolve('first')
    assert.equal(await late, 'first')
    assert.equal(await withHeadStart(Promise.resolve(undefined), HEAD_START_MS, async () => undefined), undefined)
  })

  it('fails as a way does where the other has none, and not where it has one', async () => {
    const broken = async (): Promise<string> => { throw new Error('broken') }
    await assert.rejects(withHeadStart(Promise.resolve(undefined), HEAD_START_MS, broken), /broken/)
    const first = Promise.withResolvers<string | undefined>()
    const late = withHeadStart(first.promise, HEAD_START_MS, broken)
    mock.timers.tick(HEAD_START_MS)
    await Promise.resolve()
    first.resolve('first')
    assert.equal(await late, 'first')
  })
})
