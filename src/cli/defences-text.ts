// What the defences of a node refused, in `byway status`.
import { z } from 'zod'
import { countsText, numberText } from './number-text.ts'

const count = z.number().optional()
const counts = z.record(z.string(), z.number()).optional()

/** What a node's defences counted; of node-defences.ts. */
export const defencesView = z.looseObject({
  inboundConnections: count, connections: counts, reaped: counts, breaches: counts, datastore: counts, dht: counts, pings: counts
})

/** What was refused, whoever asked for it: connections, frames, records, messages of the DHT, pings. */
export function defencesText (defences: z.output<typeof defencesView> | undefined): Array<[string, string]> {
  if (defences === undefined) {
    return []
  }
  const { inboundConnections, connections: { admitted = 0, ...denied } = {}, reaped = {}, breaches = {}, datastore = {}, dht = {}, pings = {} } = defences
  const ended = Object.entries(breaches).map(([error, n]): [string, number] => [error.replace(/Error$/, ''), n])
  return [
    ['inbound', `${numberText(inboundConnections)} connections now, ${numberText(admitted)} admitted since the start`],
    ['turned away', countsText({
      ...denied,
      ...prefixed('reaped', reaped),
      ...Object.fromEntries(ended),
      ...datastore,
      ...prefixed('DHT', { refused: dht.refused ?? 0, tooLong: dht.tooLong ?? 0 }),
      ...prefixed('pings', { refused: pings.refused ?? 0 })
    })]
  ]
}

function prefixed (prefix: string, counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, n]) => [`${prefix}_${name}`, n]))
}
