// What the documents point at is there, in the repository and in the package.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { projectRoot } from './helpers/source-tree.ts'

interface Manifest {
  files: string[]
  scripts: Record<string, string>
}

const { files, scripts } = JSON.parse(textOf('package.json')) as Manifest
const DOCUMENTS = ['*.md', 'protocols/**/*.md', 'scripts/*/**/*.md'].flatMap((pattern) => globSync(pattern, { cwd: projectRoot })).map((path) => path.split(sep).join('/'))

describe('the documents', () => {
  it('link to what is there', () => {
    assert.ok(linksOf('README.md').length > 10)
    assert.deepEqual(DOCUMENTS.flatMap((document) => linksOf(document).filter((path) => !existsSync(join(projectRoot, path))).map((path) => `${document} → ${path}`)), [])
  })

  it('regression: link to what is in the package, where they are in it themselves', () => {
    const packed = DOCUMENTS.filter(isPacked)
    assert.ok(packed.includes('SECURITY.md') && packed.includes('scripts/bench/README.md'))
    assert.deepEqual(packed.flatMap((document) => linksOf(document).filter((path) => !isPacked(path)).map((path) => `${document} → ${path}`)), [])
  })

  it('regression: name tests of each attack that exist', () => {
    const tests = globSync('test/**', { cwd: projectRoot }).map((path) => `/${path.split(sep).join('/')}`)
    const named = textOf('SECURITY.md').split('\n').filter((line) => line.startsWith('| ')).flatMap((row) => [...row.split('|')[4].matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    assert.ok(named.length > 50)
    const isThere = (name: string): boolean => name in scripts || tests.some((path) => path.endsWith(`/${name}.spec.ts`) || path.endsWith(`/${name}`))
    assert.deepEqual(named.filter((name) => !isThere(name)), [])
  })
})

function textOf (path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

/** Of files of the project, from its root. */
function linksOf (document: string): string[] {
  return [...textOf(document).matchAll(/\]\(([^)#:]+)[^)]*\)/g)]
    .filter(([link]) => !link.includes('://'))
    .map(([, path]) => posix.join(posix.dirname(document), path))
}

/** Is it, or is something in it, among what npm packs? */
function isPacked (path: string): boolean {
  return files.some((entry) => {
    const pattern = entry.replaceAll('.', '\\.').replaceAll('**/', '(.+/)?').replaceAll(/\*(?!\/)/g, '[^/]*')
    return new RegExp(`^${pattern}(/|$)`).test(path)
  })
}
