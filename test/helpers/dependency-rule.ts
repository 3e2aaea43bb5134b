// The dependency rule of the project as data, and the checks that compare sources with it. Each check returns one
// line per breach, so that a failing test says what to mend.
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import type { SourceFile } from './source-tree.ts'

const SERVICES = ['link', 'defence', 'discovery', 'measurement', 'path-finding', 'query', 'telemetry', 'topology']
const ROLES = ['forwarder', 'rsp', 'host']

/**
 * Which folders of src (and bootstrap) a folder may import; all may import protocols/ and src/errors.ts. Inside the
 * layer of services the edges are named one by one: probes travel over links, and links are dialled at discovered addresses.
 */
export const ALLOWED_EDGES: Record<string, readonly string[]> = {
  cli: ['bootstrap', 'node', ...ROLES, ...SERVICES],
  bootstrap: ['node', ...ROLES, ...SERVICES],
  node: [...ROLES, ...SERVICES],
  forwarder: SERVICES,
  rsp: SERVICES,
  host: SERVICES,
  measurement: ['link', 'discovery', 'topology'],
  link: ['discovery', 'defence', 'topology'],
  discovery: ['defence', 'topology'],
  defence: ['topology'],
  query: ['path-finding', 'topology'],
  'path-finding': ['topology'],
  telemetry: [],
  topology: [],
  testing: ['node', ...ROLES, ...SERVICES],
  simulation: []
}

/** The public exports for pages, which are some of all. */
const PAGE_ENTRY = 'src/index.browser.ts'

/** The public entries; nothing else in the project may import them, but index.ts that of pages. */
const ENTRIES = ['src/index.ts', PAGE_ENTRY, 'src/query.ts', 'src/testing.ts']

const MAY_SIMULATE = /^src\/testing\/|^src\/cli\/(demo|evaluate)|^src\/testing\.ts$/

/** What starts whole overlays: nothing that runs in a real one has use for it. */
const MAY_TEST = /^src\/cli\/demo\/|^src\/testing\.ts$/

const PURE = /^src\/(topology|path-finding|query)\//

/** What of measurement talks to the network; all else in there is estimators, and pure. */
const IMPURE_MEASUREMENT = ['src/measurement/prober.ts']

const MAY_USE_NODE = [/^src\/cli\//, /^src\/node\/(?!.*\.browser\.ts$)/, /^src\/simulation\//, /^bootstrap\//, /^scripts\//, /^src\/rsp\/[^/]*store[^/]*$/, /^src\/rsp\/measurement-plan\/plan-thread/]

const MAX_LINES = 400

/** The folder a file counts to: the first one below src, or the top folder. Files directly in src count to 'src'. */
function folderOf (path: string): string {
  const parts = path.split('/')
  if (parts[0] !== 'src') return parts[0]
  return parts.length > 2 ? parts[1] : 'src'
}

function breaches (files: SourceFile[], isBreach: (file: SourceFile, imported: string) => boolean): string[] {
  return files.flatMap(file => file.imports.filter(imported => isBreach(file, imported)).map(imported => `${file.path} imports ${imported}`))
}

/** Project files only: packages have no slash-separated path that begins so and ends in an extension of ours. */
function isOurs (imported: string): boolean {
  return /^(src|protocols|bootstrap|scripts|test)\/.*\.\w+$/.test(imported)
}

export function forbiddenEdges (files: SourceFile[]): string[] {
  return breaches(files, (file, imported) => {
    if (!isOurs(imported)) return false
    const [from, to] = [folderOf(file.path), folderOf(imported)]
    if (ENTRIES.includes(imported)) return imported !== PAGE_ENTRY || file.path !== 'src/index.ts'
    if (from === to || to === 'protocols') return false
    if (from === 'protocols') return true
    if (to === 'simulation') return !MAY_SIMULATE.test(file.path)
    if (to === 'testing') return !MAY_TEST.test(file.path)
    if (imported === 'src/errors.ts' || ENTRIES.includes(file.path)) return false
    return !(ALLOWED_EDGES[from] ?? []).includes(to)
  })
}

export function unknownFolders (files: SourceFile[]): string[] {
  const known = [...Object.keys(ALLOWED_EDGES), 'src', 'protocols']
  return files.filter(file => !known.includes(folderOf(file.path))).map(file => `${file.path} is in a folder that the table does not have`)
}

/** What the pure files reach, over any number of imports. */
export function impurities (files: SourceFile[]): string[] {
  const byPath = new Map(files.map(file => [file.path, file]))
  const isPure = (path: string): boolean => PURE.test(path) || (path.startsWith('src/measurement/') && !IMPURE_MEASUREMENT.includes(path))
  return files.filter(file => isPure(file.path)).flatMap(({ path }) => {
    const reached = new Set([path])
    for (const at of reached) {
      for (const imported of byPath.get(at)?.imports ?? []) reached.add(imported)
    }
    return [...reached].filter(at => at.includes('libp2p') || at.startsWith('protocols/') || isBuiltin(at)).map(at => `${path} reaches ${at}`)
  })
}

/** One line per cycle of imports, types included: from a file around to itself. */
export function cycles (files: SourceFile[]): string[] {
  const byPath = new Map(files.map(file => [file.path, file]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      found.push([...trail.slice(start), path].join(' → '))
    } else if (!done.has(path)) {
      for (const imported of byPath.get(path)?.imports ?? []) visit(imported, [...trail, path])
      done.add(path)
    }
  }
  for (const { path } of files) visit(path, [])
  return found
}

export function vagueNames (files: SourceFile[]): string[] {
  return files.map(file => file.path).filter(path => path.split('/').some(part =>
    /(^|-)(utils?|helpers?|managers?)(-|\.|$)|^types?(\.|$)/.test(part)))
}

export function barrels (files: SourceFile[]): string[] {
  return files
    .filter(({ path, text }) => !ENTRIES.includes(path) && (/^index\.\w+$/.test(posix.basename(path)) || /^export \*/m.test(text)))
    .map(file => file.path)
}

export function longFiles (files: SourceFile[]): string[] {
  return files
    .filter(({ path, text }) => !/\.(pb|peg)\.ts$/.test(path) && text.trimEnd().split('\n').length > MAX_LINES)
    .map(({ path, text }) => `${path} has ${text.trimEnd().split('\n').length} lines`)
}

export function nodeModules (files: SourceFile[]): string[] {
  return breaches(files, (file, imported) => isBuiltin(imported) && !MAY_USE_NODE.some(allowed => allowed.test(file.path)))
}
