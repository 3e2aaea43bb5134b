// What a page would load: the host role and the browser's composition root, in one file as a bundler makes it.
import { build } from 'esbuild'
import { dirname, join, relative } from 'node:path'
import { projectRoot } from '../helpers/source-tree.ts'
import type { BuildOptions, Metafile, OutputFile, Plugin } from 'esbuild'

const ENTRY = `
  export { createNode } from './src/node/libp2p.browser.ts'
  export { host } from './src/host/host.ts'
  export { generateKeyPair } from '@libp2p/crypto/keys'
  export { multiaddr } from '@multiformats/multiaddr'
  export { peerIdFromString } from '@libp2p/peer-id'
`

/** A libp2p application with byway as its transport. */
export const APPLICATION_ENTRY = `
  export { byway } from './src/node/byway.ts'
  export { createLibp2p } from 'libp2p'
  export { multiaddr } from '@multiformats/multiaddr'
  export { noise } from '@chainsafe/libp2p-noise'
  export { yamux } from '@libp2p/yamux'
`

/** What `browser` in package.json says of the built files. */
const BROWSER_FIELD: Plugin = {
  name: 'browser-field',
  setup ({ onResolve }) {
    onResolve({ filter: /\/libp2p\.ts$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, dirname(path), 'libp2p.browser.ts') }))
  }
}

export interface BrowserBundle {
  code: Uint8Array
  metafile: Metafile
}

export async function bundleForBrowser (entry = ENTRY): Promise<BrowserBundle> {
  const { outputFiles, metafile } = await build(optionsOf(entry))
  return { code: outputFiles[0].contents, metafile }
}

/** The same in parts, as a bundler makes it for a page: what is loaded with it, and what only who needs it loads. */
export async function splitForBrowser (entry = ENTRY): Promise<{ atOnce: Uint8Array[], later: Uint8Array[] }> {
  const { outputFiles, metafile: { outputs } } = await build({ ...optionsOf(entry), splitting: true, outdir: join(projectRoot, 'out') })
  const atOnce = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === '<stdin>'))
  for (const path of atOnce) {
    outputs[path].imports.filter(({ kind }) => kind === 'import-statement').forEach((imported) => atOnce.add(imported.path))
  }
  const files = Map.groupBy(outputFiles, ({ path }) => atOnce.has(relative(projectRoot, path)))
  return { atOnce: contentsOf(files.get(true)), later: contentsOf(files.get(false)) }
}

function contentsOf (files: readonly OutputFile[] = []): Uint8Array[] {
  return files.map(({ contents }) => contents)
}

function optionsOf (entry: string): BuildOptions & { write: false, metafile: true } {
  return {
    stdin: { contents: entry, resolveDir: projectRoot, loader: 'ts' },
    absWorkingDir: projectRoot,
    bundle: true,
    plugins: [BROWSER_FIELD],
    write: false,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    metafile: true,
    logLevel: 'silent'
  }
}
