// The overlay that tests run in: the one that applications test against, too (src/testing.ts).
import { until as untilOrThrow } from '../../src/testing/until.ts'

export { createTestnet, TESTNET } from '../../src/testing/testnet.ts'
export { kill } from '../../src/testing/local-node.ts'
export type { Testnet, TestnetInit } from '../../src/testing/testnet.ts'

/** What takes tens of ms on an idle machine takes seconds on one that is busy with other things. */
const UNTIL_DEADLINE_MS = 20_000

/** Waits for what must become true. Fails when it does not. */
export async function until (isTrue: () => boolean | Promise<boolean>, what: string, deadlineMs = UNTIL_DEADLINE_MS): Promise<void> {
  await untilOrThrow(isTrue, what, { deadlineMs })
}
