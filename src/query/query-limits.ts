// How large a query may be: what is within these bounds is parsed in well under a millisecond, and evaluated in few searches.
import { MAX_PATHS, MAX_WAYPOINTS } from '../path-finding/path-finder.ts'

/** Of UTF-8. Ten times the longest example of the documentation; a query fits a route request several times. */
export const MAX_QUERY_BYTES = 2_048

/** Parentheses and `not` in one another. */
export const MAX_DEPTH = 8

/** Summands of what is minimized: there are six metrics to weigh, and some more that others may know. */
export const MAX_TERMS = 8

export const MAX_CONSTRAINTS = 32

/** Of one constraint: `country de or country fr …`. */
export const MAX_SELECTORS = 64

/** One search per set of broken ones in the worst case: sixteen. */
export const MAX_SOFT_CONSTRAINTS = 4

export const MAX_VIA = MAX_WAYPOINTS

/** The best path takes one of the places. */
export const MAX_ALTERNATIVES = MAX_PATHS - 1

/** Characters of a name or value: longer than any peer id or operator's name. */
export const MAX_WORD = 128

/** Far above every metric, and still exact. */
export const MAX_NUMBER = 1e15

/** Of a weight that is not 0: scores are counted in units of the largest one. */
export const MIN_WEIGHT = 1e-9

/** Which scores are nearly equal where the query does not say: about what a link's value moves between two looks. */
export const DEFAULT_WITHIN_PPM = 50_000
