// An explanation in words, for somebody who has never seen byway: the answer, what it is made of, and what each clause has done.
import type { ExplainedClause, Explanation } from './explain-query.ts'
import type { ExplainedLink, ExplainedPath, ScorePart } from './explain-path.ts'

const NOTHING_HERE = 'No path: nothing that is known leads from one end to the other, whatever the query says.'
const NOTHING_ELIGIBLE = 'No path keeps to all of the query.'
const NOTHING_YET = 'No path was found in the time that there was; there may be one.'
const CUT_SHORT = 'There was no time to look at all: there may be better paths.'

const SCORE_UNITS: Readonly<Record<string, string>> = { delay: ' ms', jitter: ' ms', transfer: ' ms', relays: ' ms', loss: ' %', load: ' %' }

export function explanationText (explanation: Explanation): string {
  const { query, paths, clauses, unsupported, isConnected, isCutShort } = explanation
  const lines = [query, '']
  if (paths.length === 0) {
    lines.push(!isConnected ? NOTHING_HERE : isCutShort === true ? NOTHING_YET : NOTHING_ELIGIBLE)
  } else {
    lines.push(...bestLines(paths[0]), ...paths.slice(1).map((path, rank) => `  ${rank + 2}. ${briefly(path)}`), ...(isCutShort === true ? ['', CUT_SHORT] : []))
  }
  if (clauses.length > 0 && isConnected) {
    lines.push('', 'What each clause has done:', ...table(clauses.map((clause) => [clause.clause, effectOf(clause, paths.at(0))])))
  }
  if (unsupported.length > 0) {
    lines.push('', `Answered without, for this RSP does not support it: ${unsupported.map(({ clause }) => clause).join(', ')}`)
  }
  return lines.join('\n')
}

function bestLines (path: ExplainedPath): string[] {
  const { links, accessRttUs, broken } = path
  const rows = [
    ['both ends to their forwarders', ms(accessRttUs), '', 'measured by the ends'],
    ...links.map((link) => [`${link.from} → ${link.to}`, ms(link.rttUs), percent(link.lossPpm), freshness(link)])
  ]
  return [
    `  1. ${briefly(path)}`,
    ...(path.parts.length === 0 ? [] : [`     score = ${path.parts.map(partText).join(' + ')}`]),
    ...broken.map((clause) => `     does not keep to: ${clause}`),
    ...table(rows).map((row) => `   ${row}`)
  ]
}

/** The path and its values in one line. */
function briefly (path: ExplainedPath): string {
  const { forwarders, score, parts, rttUs, lossPpm, bytesPerSecond, price, ageMs } = path
  const values = [
    ...(score === undefined || parts.length === 0 ? [] : [`score ${rounded(score)}`]),
    `${ms(rttUs)} round trip`,
    `${percent(lossPpm)} loss`,
    ...(bytesPerSecond === undefined ? [] : [rateText(bytesPerSecond)]),
    ...(price === undefined || price === 0 ? [] : [`price ${rounded(price)}`]),
    ...(ageMs === undefined ? [] : [`oldest measurement ${ageText(ageMs)} old`])
  ]
  return `${forwarders.join(' → ')}: ${values.join(', ')}`
}

function partText ({ what, weight, value, score }: ScorePart): string {
  if (what.startsWith('prefer ')) {
    return `${rounded(score)} (${what})`
  }
  const times = weight === 1 ? '' : `${weight} × `
  return `${rounded(score)} (${what === 'relays' ? 'forwarders\' own delay' : what}: ${times}${rounded(value)}${SCORE_UNITS[what] ?? ''})`
}

function effectOf (clause: ExplainedClause, best: ExplainedPath | undefined): string {
  const { concerns, without, relaxed, betterWithout, gain, isHard } = clause
  const said: string[] = []
  if (concerns?.what === 'forwarders to visit') {
    said.push(`${concerns.count} of ${concerns.of} forwarders will do`)
  } else if (concerns !== undefined) {
    said.push(`${isHard ? 'keeps out' : 'speaks against'} ${concerns.count} of ${concerns.of} ${concerns.what === 'links kept out' ? 'links' : 'forwarders'}`)
  }
  if (clause.isSkipped === true) {
    said.push(`there was no time to look what ${said.length === 0 ? '' : 'else '}it does`)
    return said.join('; ')
  }
  if (clause.noneWithout === true) {
    said.push('without it there is no path that the RSP is sure enough of')
    return said.join('; ')
  }
  if (without === undefined) {
    said.push(best === undefined ? 'without it there is no path either' : 'without it the answer is the same')
    return said.join('; ')
  }
  if (best === undefined) {
    said.push(`without it there is ${pathText(without)}`)
  } else {
    const count = betterWithout >= 8 ? '8 or more' : String(betterWithout)
    said.push(`${isHard ? `keeps out ${count} better ${betterWithout === 1 ? 'path' : 'paths'}` : 'has chosen this path'}; without it ${pathText(without)}${differences(without, best, gain)}`)
  }
  if (relaxed !== undefined) {
    said.push(`that takes ${relaxed}`)
  }
  return said.join('; ')
}

function pathText ({ forwarders, rttUs, lossPpm }: ExplainedPath): string {
  return `${forwarders.join(' → ')} with ${ms(rttUs)} and ${percent(lossPpm)} loss`
}

function differences (without: ExplainedPath, best: ExplainedPath, gain: number | undefined): string {
  const said: string[] = []
  if (gain !== undefined && gain !== 0 && without.parts.length > 0) {
    said.push(`score ${rounded(Math.abs(gain))} ${gain > 0 ? 'better' : 'worse'}`)
  }
  const rtt = (best.rttUs - without.rttUs)
  if (rtt !== 0) {
    said.push(`${ms(Math.abs(rtt))} ${rtt > 0 ? 'quicker' : 'slower'}`)
  }
  if (without.price !== undefined && best.price !== undefined && without.price !== best.price) {
    said.push(`price ${rounded(without.price)} for ${rounded(best.price)}`)
  }
  if (without.bytesPerSecond !== undefined && best.bytesPerSecond !== undefined && without.bytesPerSecond !== best.bytesPerSecond) {
    said.push(`${rateText(without.bytesPerSecond)} for ${rateText(best.bytesPerSecond)}`)
  }
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

function freshness ({ ageMs, sources }: ExplainedLink): string {
  const who = sources.map(({ by, how }) => `${how} by ${by}`).join(', ')
  return `measured ${ageText(ageMs)} ago${who === '' ? '' : `: ${who}`}`
}

/** Columns as wide as their longest cell, the last one as it is. */
function table (rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => `  ${row.map((cell, column) => column === row.length - 1 ? cell : cell.padEnd(widths[column])).join('  ')}`.trimEnd())
}

function ms (us: number): string {
  return `${rounded(us / 1_000)} ms`
}

function percent (ppm: number): string {
  return `${rounded(ppm / 10_000)} %`
}

function rateText (bytesPerSecond: number): string {
  const bitsPerSecond = bytesPerSecond * 8
  return bitsPerSecond >= 1e9 ? `${rounded(bitsPerSecond / 1e9)} Gbps` : bitsPerSecond >= 1e6 ? `${rounded(bitsPerSecond / 1e6)} Mbps` : `${rounded(bitsPerSecond / 1e3)} kbps`
}

function ageText (ageMs: number): string {
  return ageMs < 120_000 ? `${Math.round(ageMs / 1_000)} s` : ageMs < 7_200_000 ? `${Math.round(ageMs / 60_000)} min` : `${Math.round(ageMs / 3_600_000)} h`
}

/** Three digits, or all before the point. */
function rounded (value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
}
