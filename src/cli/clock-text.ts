/** What an operator is told of `ClockDoubts`. */
export function clockText (apart: number): string {
  return `${apart} ${apart === 1 ? 'node that answers tells' : 'nodes that answer tell'} another time than this machine, by a minute or more: is its clock right?`
}
