// How a path is set up, and what for.

/** Along the path in one round trip, or the exit first, one forwarder after the other. The result is the same. */
export type SetUpStyle = 'one-pass' | 'hop-by-hop'

/** State in the forwarders, or what makes a source route acceptable to them. */
export type Want = 'labels' | 'authenticators'
