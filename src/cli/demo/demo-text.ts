// The demo's report, and its live table, as text.
import { msText, percentText, short, table } from '../output.ts'
import { failingText } from './failing-report.ts'
import type { DemoReport, OfferReport, PairReport } from './demo-report.ts'
import type { OutgoingChannel } from '../../host/outgoing-channel.ts'

export function reportText (report: DemoReport): string[] {
  return [
    '',
    ...table([
      ['hosts', 'default', 'reports', 'surveys', 'chosen', 'measured', 'gain', 'oracle'],
      ...report.pairs.map(pairRow)
    ]),
    '',
    `${report.improved} of ${report.oracleImproved} pairs that can gain more than 5 ms have at least half of what the oracle would gain; ` +
      `mean ${msText(report.meanDefaultRttMs)} by default, ${msText(report.meanChosenRttMs)} chosen.`,
    ...report.rsps.map((rsp) => `RSP ${short(rsp.id)} (${rsp.kind}): ${rsp.links} links, median error ${msText(rsp.medianErrorMs)} (${percentText(rsp.medianRelativeError)}).`),
    ...(report.failing === null ? failoverText(report) : failingText(report.failing)),
    ...(report.isQuiet
      ? []
      : ['This machine was busy with other things when maps or routes were measured: round trips contain waiting that no network has, and flows may have stayed on their default routes for that.',
          'With fewer nodes (--forwarders 8 --pairs 6), or when nothing else runs, it shows what paths gain.']),
    `${report.forwarders.length} forwarders, ${report.pairs.length} pairs, ${report.seconds.toFixed(0)} s.`
  ]
}

/** One row a channel, as it is now. */
export function liveTable (channels: readonly OutgoingChannel[]): string[] {
  return table([
    ['hosts', 'default', 'now', 'route'],
    ...channels.map(({ status }, i) => [
      `${i + 1} → ${short(status.remote)}`,
      msText(status.default?.alive === true ? status.default.measuredRttMs : null),
      msText(status.active?.measuredRttMs),
      status.text
    ])
  ])
}

function pairRow ({ source, destination, defaultRttMs, oracleRttMs, offers, chosen }: PairReport): string[] {
  const gainMs = defaultRttMs !== null && chosen.measuredRttMs !== null ? defaultRttMs - chosen.measuredRttMs : 0
  return [
    `${source.node} → ${destination.node}`,
    msText(defaultRttMs),
    offerText(offers.find(({ kind }) => kind === 'reports')),
    offerText(offers.find(({ kind }) => kind === 'surveys')),
    chosen.rsp === 'default' ? 'default' : `${chosen.path.map(short).join('→')} (RSP ${short(chosen.rsp)})`,
    msText(chosen.measuredRttMs),
    chosen.rsp === 'default' ? '' : `−${gainMs.toFixed(1)} ms`,
    msText(oracleRttMs)
  ]
}

function offerText (offer: OfferReport | undefined): string {
  return offer === undefined || offer.predictedRttMs === null
    ? `– ${offer?.error ?? ''}`.trim()
    : `${msText(offer.predictedRttMs)} by ${offer.path.length}`
}

function failoverText ({ failover }: DemoReport): string[] {
  if (failover === null) {
    return ['No path was in use, so no forwarder was stopped.']
  }
  const detected = failover.detectedMs === null ? 'was not noticed' : `was noticed after ${failover.detectedMs.toFixed(0)} ms`
  return [
    `Forwarder ${short(failover.stopped)} was stopped while pair ${failover.pair + 1} used it: that ${detected}; ` +
      `now ${failover.route}, ${msText(failover.measuredRttMs)} (before: ${msText(failover.before.measuredRttMs)}).`
  ]
}
