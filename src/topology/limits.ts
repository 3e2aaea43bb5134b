// How large a map of one RSP node may grow.

/** Ten times the nodes of the largest data set the design was tried on (490), rounded down to a power of two. */
export const DEFAULT_MAX_NODES = 4096

/** About 250 links per node at the most nodes; a backbone needs a tenth of it. Costs about 100 MB when full, its snapshot included. */
export const DEFAULT_MAX_LINKS = 1_000_000

/** Millionths: the loss of a link that delivers nothing. */
export const MAX_LOSS_PPM = 1_000_000

/** Millionths: the load of a link that carries all it can. */
export const MAX_LOAD_PPM = 1_000_000

/** Delay and jitter are kept as 32-bit integers: 35 minutes, far above anything that is still a link. */
export const MAX_DELAY_US = 2 ** 31 - 1

/** Rates, loads and prices are 32-bit integers as well: a rate of 17 Gbit/s at most. */
export const MAX_COUNT = 2 ** 31 - 1
