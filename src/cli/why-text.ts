// The answer of `byway why` for people: the verdict first, then every route in a row, RSPs without an offer, and the last switches.
import { clauseTable } from './clause-table.ts'
import { durationText } from './number-text.ts'
import { legend, msText, pathText, percentText, printable, short, table } from './output.ts'
import type { WhyEvent, WhyReport } from './why-report.ts'

export function whyText ({ destination, channel, openedByThem, verdict, reason, query, clauses, routes, rsps, switches }: WhyReport): string[] {
  const silent = rsps.filter(({ paths, error }) => paths === 0 || error !== null)
  return [
    `to ${destination}: ${verdict}`,
    ...(verdict.includes(reason) ? [] : [`  ${reason}`]),
    ...(channel === 'brief' ? ['  by a channel that was opened for this answer: there was none before'] : []),
    ...(openedByThem ? ['  a channel that the other side has opened goes as the other side chooses: ask there'] : []),
    ...(query === null ? [] : [`  asked: ${query}`]),
    '',
    ...table([['use', 'route', 'RSP', 'promised', 'data', 'measured', 'loss', 'why'], ...routes.map(routeRow)]),
    ...clauseTable(clauses),
    ...(rsps.length === 0 ? ['', 'no RSP is known'] : []),
    ...(silent.length === 0 ? [] : ['', ...silent.map(({ rsp, mapKind, error }) => `RSP ${short(rsp)} (${mapKind}): ${error ?? 'it has no path to offer'}`)]),
    ...(switches.length === 0
      ? []
      : ['', 'last switches', ...table(switches.map(({ atMs, route, reason: because }) =>
          [`  ${new Date(atMs).toISOString()}`, route, ...(route.includes(because) ? [] : [because])]))]),
    ...legendOf(routes, rsps)
  ].map(printable)
}

/** A switch as it comes. */
export function switchText ({ atMs, route, reason }: WhyReport['switches'][number]): string {
  return printable(`${new Date(atMs).toISOString()}  now ${route}${route.includes(reason) ? '' : `: ${reason}`}`)
}

/** The end of a channel that was followed. */
export function endText ({ atMs, reason }: Extract<WhyEvent, { ended: unknown }>['ended']): string {
  return printable(`${new Date(atMs).toISOString()}  the channel has ended: ${reason}`)
}

function routeRow ({ isDefault, path, rsp, alsoOfferedBy, use, why, promised, measured }: WhyReport['routes'][number]): string[] {
  return [
    use,
    isDefault ? 'default' : pathText(path),
    rsp === null ? '–' : [rsp, ...alsoOfferedBy].map(short).join(', '),
    promised === null ? '–' : `${msText(promised.rttMs)}${promised.marginMs === null ? '' : ` ± ${msText(promised.marginMs)}`}`,
    promised?.ageMs == null ? '–' : durationText(promised.ageMs),
    msText(measured?.rttMs),
    measured === null ? '–' : percentText(measured.loss),
    why
  ]
}

function legendOf (routes: WhyReport['routes'], rsps: WhyReport['rsps']): string[] {
  const ids = [...routes.flatMap(({ rsp, path, alsoOfferedBy }) => [...(rsp === null ? [] : [rsp]), ...alsoOfferedBy, ...path]), ...rsps.map(({ rsp }) => rsp)]
  return ids.length === 0 ? [] : ['', ...legend(ids)]
}
