// Reads the project's sources as text for the tests that hold its architecture.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  path: string
  text: string
  /** What it imports or re-exports, types and dynamic imports included: project files by path, packages by specifier. */
  imports: string[]
}

/** The folder of package.json, whether this runs from test/ or compiled from dist/test/. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot (folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  if (folder === dirname(folder)) throw new Error('No package.json above this test: run it inside the project')
  return findRoot(dirname(folder))
}

/** Every .ts and .mjs file below the given folders of the project. */
export function readSources (folders: string[]): SourceFile[] {
  return folders
    .flatMap(folder => globSync(`${folder}/**/*.{ts,mjs}`, { cwd: projectRoot }))
    .map(path => sourceFile(path.split(sep).join('/'), readFileSync(join(projectRoot, path), 'utf8')))
}

export function sourceFile (path: string, text: string): SourceFile {
  const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? posix.join(posix.dirname(path), fileName) : fileName)
  return { path, text, imports }
}
