// The public exports of byway, and the only barrel but for its part that pages have.
export { bootstrap } from './discovery/bootstrap.ts'
export { forwarder } from './forwarder/forwarder.ts'
export { routeProvider } from './rsp/route-provider.ts'
export { QueryMeaningError, QuerySyntaxError } from './query/errors.ts'

export type { Bootstrap, BootstrapInit, BootstrapStatus } from './discovery/bootstrap.ts'
export type { Forwarder, ForwarderInit } from './forwarder/forwarder.ts'
export type { ForwarderStatus } from './forwarder/forwarder-status.ts'
export type { RouteProvider, RouteProviderInit } from './rsp/route-provider.ts'
export type { RouteProviderStatus } from './rsp/rsp-status.ts'

export * from './index.browser.ts'
