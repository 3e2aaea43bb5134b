// Goes on where a good relay has been found in passing: nodes whose few known links already carry much get more of theirs measured. What is
// known decides, not the model: its guesses of a node's legs name relays hardly better than a draw, while the nodes that carry most per link
// have most of what the best backbone would go over, long before their rows are known.
import { nodeStandings } from './node-standing.ts'
import { shuffled } from './shuffled.ts'
import type { AllPairs } from './all-pairs.ts'
import type { Measuring, Round } from './round.ts'

/** So many rows are gone on with at once, each by so much of its length; then it is seen anew who carries most per link. */
const ROWS = 4
const ROW_SHARE = 0.12

/** Counted with the known links of each node, as if they carried nothing. */
const LINKS_BESIDES = 10

/**
 * Measures at most `count` links.
 *
 * @param paths - room to lay paths in; what it held is lost
 * @param random - from 0 to 1
 */
export function * continueRows (round: Round, paths: AllPairs, count: number, random: () => number): Measuring {
  const end = round.left - count
  const share = Math.ceil(ROW_SHARE * round.memory.nodeCount)
  while (round.left > end) {
    paths.run(round.memory.known())
    const rows = busiest(round, paths).map((links) => shuffled(links, random).slice(0, share))
    if (rows.length === 0) {
      return
    }
    yield * round.measure(rows.flat().slice(0, round.left - end))
  }
}

/** The unknown links of the nodes that carry most per link, and have such. */
function busiest (round: Round, paths: AllPairs): number[][] {
  const { memory } = round
  const { traffic } = nodeStandings(memory, paths, LINKS_BESIDES)
  const nodes = Array.from(traffic, (_, node) => node)
  const rows: number[][] = []
  for (const hub of nodes.toSorted((a, b) => traffic[b] - traffic[a])) {
    const links = nodes.filter((node) => node !== hub).map((node) => memory.pairOf(node, hub)).filter((pair) => !memory.isKnown(pair) && round.mayAsk(pair))
    if (links.length > 0 && rows.push(links) === ROWS) {
      break
    }
  }
  return rows
}
