// The public exports of byway for pages: what of index.ts a host needs. `browser` in package.json's exports leads bundlers here, and puts libp2p.browser.ts
// in the place of libp2p.ts. RSPs use modules of Node, and a page can be neither an RSP nor a forwarder. Errors of queries are in `byway/query`: from here they
// would be loaded with every page, where the language is loaded by who asks in it.
export { createNode } from './node/libp2p.ts'
export { host } from './host/host.ts'
export { byway } from './node/byway.ts'
export { PUBLIC_NETWORK } from './discovery/role-key.ts'
export { SteadySelector } from './host/steady-selector.ts'

export type { BywayFactory, BywayInit } from './node/byway.ts'
export type { BywayTransport, TransportRouteChange } from './host/transport/byway-transport.ts'
export type { ConnectionStatus } from './host/transport/application-connections.ts'
export type { Channel, ChannelEnd, ChannelEvents, RouteChange } from './host/channel.ts'
export type { ChannelStream, ChannelStreamEvents } from './host/stream/channel-stream.ts'
export type { ChannelStatus, RouteStatus } from './host/channel-status.ts'
export type { Decision, DecisionCause, PathSelector, PathSelectorInit, RouteState, Spread } from './host/path-selector.ts'
export type { Host, HostEvents, HostInit, OpenOptions } from './host/host.ts'
export type { BywayNode, NodeInit, Role } from './node/libp2p.ts'
export type { OutgoingChannel } from './host/outgoing-channel.ts'
export type { KeptScores } from './host/score-record.ts'
export type { ProviderAnswer } from './host/provider-set.ts'
export type { RatedProvider, ScoreStore } from './host/score-board.ts'
export type { RoleName, VerifiedDescriptor } from '../protocols/descriptor/codec.ts'
export type { Prediction } from '../protocols/route/path.ts'
export type { VerifiedPath } from '../protocols/route/offer.ts'

export * from './errors.ts'
