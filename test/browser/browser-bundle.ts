// What a page would load: byway as a user imports it, in one file as a bundler makes it. The bundler finds a package like the installed one, with sources in
// the place of what is built of them, so that what package.json says of browsers is what counts.
import { build } from 'esbuild'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { projectRoot } from '../helpers/source-tree.ts'
import type { BuildOptions, BuildResult, Metafile, OutputFile } from 'esbuild'

const ENTRY = `
  export { createNode, host } from 'byway'
  export { generateKeyPair } from '@libp2p/crypto/keys'
  export { multiaddr } from '@multiformats/multiaddr'
  export { peerIdFromString } from '@libp2p/peer-id'
`

/** A libp2p application with byway as its transport. */
export const APPLICATION_ENTRY = `
  export { byway } from 'byway'
  export { createLibp2p } from 'libp2p'
  export { multiaddr } from '@multiformats/multiaddr'
  export { noise } from '@chainsafe/libp2p-noise'
  export { yamux } from '@libp2p/yamux'
`

export interface BrowserBundle {
  code: Uint8Array
  metafile: Metafile
}

export async function bundleForBrowser (entry = ENTRY): Promise<BrowserBundle> {
  const { outputFiles, metafile } = await buildAsUser(entry)
  return { code: outputFiles[0].contents, metafile }
}

/** The same in parts, as a bundler makes it for a page: what is loaded with it, and what only who needs it loads. */
export async function splitForBrowser (entry = ENTRY): Promise<{ atOnce: Uint8Array[], later: Uint8Array[] }> {
  const { outputFiles, metafile: { outputs } } = await buildAsUser(entry, { splitting: true, outdir: OUT })
  const atOnce = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === '<stdin>'))
  for (const path of atOnce) {
    outputs[path].imports.filter(({ kind }) => kind === 'import-statement').forEach((imported) => atOnce.add(imported.path))
  }
  const files = Map.groupBy(outputFiles, ({ path }) => atOnce.has(relative(projectRoot, path)))
  return { atOnce: contentsOf(files.get(true)), later: contentsOf(files.get(false)) }
}

/** Nothing is written there. */
const OUT = join(projectRoot, 'out')

function contentsOf (files: readonly OutputFile[] = []): Uint8Array[] {
  return files.map(({ contents }) => contents)
}

type Options = BuildOptions & { write: false, metafile: true }

async function buildAsUser (entry: string, more: BuildOptions = {}): Promise<BuildResult<Options>> {
  const application = await mkdtemp(join(tmpdir(), 'byway-page-'))
  try {
    const installed = join(application, 'node_modules', 'byway')
    await mkdir(installed, { recursive: true })
    const manifest = await readFile(join(projectRoot, 'package.json'), 'utf8')
    await writeFile(join(installed, 'package.json'), manifest.replaceAll(/"\.\/dist\/([^"]+)\.js"/g, '"./$1.ts"'))
    await Promise.all(['src', 'protocols'].map(async (folder) => symlink(join(projectRoot, folder), join(installed, folder))))
    return await build({
      stdin: { contents: entry, resolveDir: application, loader: 'ts' },
      absWorkingDir: projectRoot,
      // files of byway belong to the package that they were found in; what it needs is there once
      preserveSymlinks: true,
      nodePaths: [join(projectRoot, 'node_modules')],
      bundle: true,
      write: false,
      minify: true,
      platform: 'browser',
      format: 'esm',
      target: 'es2022',
      metafile: true,
      logLevel: 'silent',
      ...more
    } satisfies BuildOptions as Options)
  } finally {
    await rm(application, { recursive: true })
  }
}
