import assert from 'node:assert/strict'
import { InstalledPaths } from '../../src/host/installed-paths.ts'
import { UnavailableError } from '../../protocols/errors.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { InstalledPathsInit } from '../../src/host/installed-paths.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'

const [SELF, ENTRY, DESTINATION] = await Promise.all([1, 2, 3].map(peerOf))
const offer = { forwarders: [ENTRY] } as unknown as OfferedPath

describe('installed paths', () => {
  it('regression: let go of an entry forwarder to which they cannot attach', async () => {
    const asking = new Set<object>()
    const paths = new InstalledPaths({
      self: SELF,
      access: {
        isAttached: () => false,
        attachTo: async (_: unknown, __: number, askedBy: object) => {
          asking.add(askedBy)
          return false
        },
        release: (askedBy: object) => { asking.delete(askedBy) }
      },
      discovery: { describe: async () => ({ peer: ENTRY }) },
      now: () => 0,
      log: () => {}
    } as unknown as InstalledPathsInit)
    await assert.rejects(paths.install(DESTINATION, { offer }), UnavailableError)
    assert.equal(asking.size, 0)
  })
})
