// Tables that may hold more after the churn than before it, each with its bound and the reason. All others must be back to what they held.

export interface LastingTable {
  /** Of names as the census and the gauges give them. */
  name: RegExp
  mostEntries: number
  why: string
}

/** So many more timers may run than before: of retries to reach peers that have gone, and of connections between those who stay. */
export const MOST_MORE_TIMERS = 8

/** Other peers than the one that counts. */
const STAYING_PEERS = 6

/** What lives longer than the test rests. */
const LIVES_ON: LastingTable[] = [
  { name: /\.datastore\.#providers\./, mostEntries: 16_384, why: 'provider records live for two days' },
  { name: /\.datastore\.#others\./, mostEntries: 8_192, why: 'peers are remembered, as are strangers' },
  { name: /\.gonePeers\.#gone$/, mostEntries: 4_096, why: 'who has gone, for five minutes, and longer those in the buckets of the DHT' },
  { name: /\.directory(\.#(entries|hashes))?$/, mostEntries: 4_096, why: 'a descriptor holds for half an hour' },
  { name: /\.#advertisedHosts$/, mostEntries: 4_096, why: 'hosts that were advertised in the DHT, the newest' },
  { name: /\.accounts\.#/, mostEntries: 1_025, why: 'an RSP keeps its account for a quarter of an hour, and until another one needs the place' },
  { name: /\.#secrets\.#secrets$|\.secrets\.#secrets$/, mostEntries: 3, why: 'secrets of windows of 17 minutes' },
  { name: /\.ledger\.(#(paths|sources)\.)?#owners$/, mostEntries: 2_048, why: 'what was carried is counted from the start on, by RSP' }
]

/** Between those who stay. They connect when they first need each other, sometimes from both sides at once. */
const BETWEEN_THOSE_WHO_STAY: LastingTable[] = [
  { name: /\.connections(\.map)?$|\.reaper\.#(inbound|outbound)$|^handles\.TCPSocketWrap$/, mostEntries: 2 * STAYING_PEERS, why: 'two connections at most between each two of those who stay; no stranger is connected' },
  { name: /\.#source\.#measured$/, mostEntries: STAYING_PEERS * STAYING_PEERS, why: 'links between forwarders that stay, which a plan may watch or not' },
  { name: /\.reconnectQueue\.queue\./, mostEntries: 20, why: 'peers of the DHT that libp2p dials again' },
  { name: /\.dht\.routingTable\./, mostEntries: 20, why: 'peers in the buckets of the DHT, eight in each, and the closest twenty' }
]

/** What is over, but stays until its place is needed or the next one comes: caches and memories of a fixed size. */
const UNTIL_NEEDED: LastingTable[] = [
  { name: /\.#init\.paths\.#(paths|roots)\.#(young|old)$/, mostEntries: 2_048, why: 'a cache of signatures that were checked' },
  { name: /\.#orders\.#(current|previous)$/, mostEntries: 360_600, why: 'orders seen in two minutes, forgotten with the next one' },
  { name: /\.#usage\.#pages\.#own\.#(young|old)$/, mostEntries: 4_096, why: 'who has asked for receipts, the last of them' },
  { name: /\.#processor\.#busy$/, mostEntries: 8, why: 'what was carried while the processor was busy' },
  { name: /\.clocks\.#apart$/, mostEntries: 64, why: 'peers that told another time, until the next exchange with them' },
  { name: /\.#greetings\.#own\.#(young|old)$/, mostEntries: 1_024, why: 'who was greeted lately, the newest' },
  { name: /\.#?spares$/, mostEntries: 16, why: 'batches that links use again' },
  { name: /\.#credit\.#rates$/, mostEntries: 8, why: 'the last round trips of a link' },
  { name: /\.#usage\.#kept$/, mostEntries: 32, why: 'receipts of several pages, forgotten with the next one' },
  { name: /\.#guard\.#remembered$/, mostEntries: 8_192, why: 'handshakes of two minutes, forgotten with the next one' },
  { name: /\.#(fullAt|callers|forwarders|prefixes|sources)\.#(places|names)$/, mostEntries: 4_096, why: 'an instant that is over says nothing, and gives its place to the next name' },
  { name: /\.recommender\.#(held|load\.#loads)\.#(young|old)$/, mostEntries: 32_768, why: 'a memory of what was recommended, and of links, the newest' },
  { name: /\.#service\.#budget\.#(hosts|prefixes)\.#debts\.#(young|old)$/, mostEntries: 2_048, why: 'how much was computed for hosts lately, the newest' },
  { name: /\.#spareLinks\.#sinceMs$/, mostEntries: STAYING_PEERS, why: 'links between those who stay that nobody wants now, for ten minutes' },
  { name: /\.nextHops\.#dials\.#own\.#(young|old)$/, mostEntries: 1_024, why: 'who had us dial lately' },
  { name: /\.access\.#near$/, mostEntries: 4, why: 'the nearest forwarders when others were told of last' },
  { name: /\.failures\.avoided\.#until$/, mostEntries: 32, why: 'forwarders that failed, forgotten with the next one' },
  { name: /\.finder\.#search\./, mostEntries: 1_024, why: 'the workspace of the last query' },
  { name: /\.#service\.#peers$/, mostEntries: 65_536, why: 'peer ids by node of the map' }
]

/** Lists whose places are given out again: as long as at the busiest moment. */
const HIGH_WATER: LastingTable[] = [
  { name: /\.quotas\.#((sources|prefixes|bringers)\.#(keys|counts|free)|peers|prefixOf)$/, mostEntries: 65_536, why: 'places for sources and prefixes' },
  { name: /\.caps\.#(caps|accounts|links|holds)$/, mostEntries: 65_536, why: 'places for caps of RSPs on links' },
  { name: /\.#linkUses$|\.#byIndex$|\.#(failures|notices|passedNotices)\.#links$/, mostEntries: 2_368, why: 'places for links' },
  { name: /\.pathStateBytes$/, mostEntries: 16_777_216, why: 'the table of paths, in bytes' }
]

/** What is under way at any moment, since those who stay go on measuring. */
const UNDER_WAY: LastingTable[] = [
  { name: /\.#?prober\.#outstanding$/, mostEntries: 64, why: 'probes that are under way' },
  { name: /\.#source\.#loss\.#(suspects|suspected)$/, mostEntries: STAYING_PEERS * STAYING_PEERS, why: 'links that are looked at more closely' },
  { name: /\.#source\.#rate\.(#near|#budget\.#forwarders)$/, mostEntries: 2 * STAYING_PEERS, why: 'what the ways to forwarders that stay have carried, and what bursts these have sent' },
  { name: /\.#?cost\.#slots$/, mostEntries: 13, why: 'what surveys cost in each of the last slots of time' },
  { name: /\.#source\.#queue$/, mostEntries: 1_024, why: 'probes of a round that are yet to be sent' }
]

export function lastingTable (name: string): LastingTable | undefined {
  return [...LIVES_ON, ...BETWEEN_THOSE_WHO_STAY, ...UNTIL_NEEDED, ...HIGH_WATER, ...UNDER_WAY].find((table) => table.name.test(name))
}
