// Two ways to an answer of which the first is the better one, but may take all of its time to find that there is none.

/** The answer of the first way; where it has none, or does not give it soon, whichever comes first. Undefined: neither has one. An error is none. */
export async function withHeadStart<T> (first: Promise<T | undefined>, headStartMs: number, second: () => Promise<T | undefined>): Promise<T | undefined> {
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>()
  const timer = setTimeout(end, headStartMs, undefined)
  const soon = await Promise.race([first, over]).catch(() => undefined)
  clearTimeout(timer)
  return soon ?? firstOf([first, second()])
}

async function firstOf<T> (answers: Array<Promise<T | undefined>>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  let left = answers.length
  const end = (answer?: T): void => {
    if (--left === 0 || answer !== undefined) {
      resolve(answer)
    }
  }
  for (const answer of answers) {
    answer.then(end, () => { end() })
  }
  return promise
}
