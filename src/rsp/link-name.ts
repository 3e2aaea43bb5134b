/** One name for a link between two forwarders, by their keys, from whichever end it is named. */
export function linkName (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
