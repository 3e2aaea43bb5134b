// What measures round trips: a small message that the other end sends back.

export const ECHO_BYTES = 64
