// What a page would load: the host role and the browser's composition root, in one file as a bundler makes it.
import { build } from 'esbuild'
import { projectRoot } from '../helpers/source-tree.ts'
import type { Metafile } from 'esbuild'

const ENTRY = `
  export { createNode } from './src/node/libp2p.browser.ts'
  export { host } from './src/host/host.ts'
  export { generateKeyPair } from '@libp2p/crypto/keys'
  export { multiaddr } from '@multiformats/multiaddr'
  export { peerIdFromString } from '@libp2p/peer-id'
`

export interface BrowserBundle {
  code: Uint8Array
  metafile: Metafile
}

export async function bundleForBrowser (entry = ENTRY): Promise<BrowserBundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: projectRoot, loader: 'ts' },
    absWorkingDir: projectRoot,
    bundle: true,
    write: false,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    metafile: true,
    logLevel: 'silent'
  })
  return { code: outputFiles[0].contents, metafile }
}
