// The overlay that tests run in: the one that applications test against, too (src/testing.ts).
import { until as untilOrThrow } from '../../src/testing/until.ts'

export { createTestnet, TESTNET } from '../../src/testing/testnet.ts'
export { kill } from '../../src/testing/local-node.ts'
export type { Testnet, TestnetInit } from '../../src/testing/testnet.ts'

/** Waits for what must become true. Fails when it does not. */
export async function until (isTrue: () => boolean | Promise<boolean>, what: string, deadlineMs?: number): Promise<void> {
  await untilOrThrow(isTrue, what, { deadlineMs })
}
