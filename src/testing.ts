// What applications test against, exported as `byway/testing`: an overlay of real nodes in one process, in one call.
export { createTestnet, TESTNET } from './testing/testnet.ts'
export { InvalidTestnetError } from './testing/latencies.ts'
export { NotInTimeError, until } from './testing/until.ts'

export type { Bandwidths, Latencies, NodeName } from './testing/latencies.ts'
export type { Testnet, TestnetInit } from './testing/testnet.ts'
export type { UntilOptions } from './testing/until.ts'
