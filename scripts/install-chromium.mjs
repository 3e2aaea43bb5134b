// Prints the path of a Chromium for the browser tests. Where there is none, and this is Debian (or what derives from it) and we
// are root, installs it; elsewhere says what to install. CHROMIUM_PATH names one in another place.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
const INSTALL_TIMEOUT_MS = 300_000

function find () {
  const named = process.env.CHROMIUM_PATH
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) {
      fail(`CHROMIUM_PATH is ${named}, and nothing is there.`)
    }
    return named
  }
  return PLACES.find((place) => existsSync(place))
}

function canInstall () {
  const isDebian = existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
  return isDebian && !/^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8')) && process.getuid?.() === 0
}

/** What apt-get says goes to stderr: stdout is for the path. */
function install () {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    execFileSync('apt-get', args, { env, stdio: ['ignore', process.stderr, process.stderr], timeout: INSTALL_TIMEOUT_MS })
  }
}

function fail (reason) {
  console.error(`${reason}\nThe browser tests need Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to a Chromium or Chrome.`)
  process.exit(1)
}

let path = find()
if (path === undefined && canInstall()) {
  console.error('installing Chromium')
  try {
    install()
  } catch (error) {
    fail(`apt-get failed: ${error.message}`)
  }
  path = find()
}
if (path === undefined) {
  fail('There is no Chromium here, and it can be installed only by root on Debian.')
}
console.log(path)
