// Numbers of a status as an operator reads them.

/** Most frequent first. */
export function countsText (byName: Record<string, number> = {}): string {
  const entries = Object.entries(byName).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a)
  return entries.length === 0 ? 'none' : entries.map(([name, n]) => `${numberText(n)} ${wordsOf(name)}`).join(', ')
}

/** `queueFull` and `OVER_QUOTA` as words. */
export function wordsOf (name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ').toLowerCase()
}

export function numberText (n: number | undefined): string {
  return n === undefined ? '–' : n.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

export function bytesText (bytes: number | undefined): string {
  if (bytes === undefined) {
    return '–'
  }
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** The two largest units: a daemon's age is not needed to the second. */
export function durationText (ms: number): string {
  const s = Math.floor(ms / 1_000)
  const parts = [[Math.floor(s / 86_400), 'd'], [Math.floor(s / 3_600) % 24, 'h'], [Math.floor(s / 60) % 60, 'min'], [s % 60, 's']] as const
  const first = parts.findIndex(([n]) => n > 0)
  return (first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)).map(([n, unit]) => `${n} ${unit}`).join(' ')
}
