// Two ways to an answer of which the first is the better one, but may take all of its time to find that there is none.

/**
 * The answer of the first way; where it has none, or does not give it soon, whichever comes first. Undefined: neither has one.
 *
 * @throws what a way does that fails, unless the other one has an answer
 */
export async function withHeadStart<T> (first: Promise<T | undefined>, headStartMs: number, second: () => Promise<T | undefined>): Promise<T | undefined> {
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>()
  const timer = setTimeout(end, headStartMs, undefined)
  const soon = await Promise.race([first.catch(() => undefined), over])
  clearTimeout(timer)
  return soon ?? firstOf([first, second()])
}

async function firstOf<T> (answers: Array<Promise<T | undefined>>): Promise<T | undefined> {
  const { promise: answered, resolve } = Promise.withResolvers<T>()
  const over = Promise.allSettled(answers.map(async (one) => {
    const answer = await one
    if (answer !== undefined) {
      resolve(answer)
    }
  })).then((ends) => {
    for (const end of ends) {
      if (end.status === 'rejected') {
        throw end.reason
      }
    }
    return undefined
  })
  return Promise.race([answered, over])
}
