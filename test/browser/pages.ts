// Pages of a real browser that have loaded a bundle, from a server on loopback.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { projectRoot } from '../helpers/source-tree.ts'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import type { Server } from 'node:http'

/** Headless, quiet, and without a sandbox, which root cannot have. */
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'
]
/** A first start on a slow machine, Chromium's installation included. */
export const START_TIMEOUT_MS = 300_000

/** What every page has on globalThis. */
export interface LoadedPage<B> {
  byway: B
  uncaught: string[]
}

export class Pages {
  readonly #browser: Browser
  readonly #server: Server

  private constructor (browser: Browser, server: Server) {
    this.#browser = browser
    this.#server = server
  }

  /** @returns undefined where there is no Chromium and none can be installed: a machine of somebody who cannot; CI must */
  static async start (bundle: () => Promise<Uint8Array>): Promise<Pages | undefined> {
    const found = spawnSync(process.execPath, [join(projectRoot, 'scripts/install-chromium.mjs')], { encoding: 'utf8' })
    if (found.status !== 0 && process.env.CI === undefined) {
      console.log(found.stderr)
      return undefined
    }
    assert.equal(found.status, 0, found.stderr)
    const browser = await chromium.launch({ executablePath: found.stdout.trim(), args: FLAGS })
    return new Pages(browser, await servePage(await bundle()))
  }

  async open (): Promise<Page> {
    const page = await this.#browser.newPage()
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`)
    await page.waitForFunction("document.title === 'ready'", undefined, { timeout: 20_000 })
    return page
  }

  async stop (): Promise<void> {
    await this.#browser.close()
    this.#server.close()
  }
}

const PAGE = `<!doctype html><script type="module">
  globalThis.uncaught = []
  addEventListener('error', ({ message }) => uncaught.push(message))
  addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)))
  globalThis.byway = await import('/byway.js')
  document.title = 'ready'
</script>`

async function servePage (code: Uint8Array): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/byway.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' }).end(isScript ? code : PAGE)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
