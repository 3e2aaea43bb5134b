// Does once what `npm start` and `npm test` need from a fresh clone, and again only when something has changed: installs the
// locked dependencies and compiles. Runs on any Node that can run npm; all else runs on the Node that it installs.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamps = join(root, 'node_modules', '.byway')
const SOURCES = ['src', 'protocols', 'bootstrap', 'scripts', 'test']

process.chdir(root)
if (!isDone('install', hashOf(['package.json', 'package-lock.json'])) || !existsSync('node_modules/.bin/tsc')) {
  say('installing dependencies (once)')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  installNode()
  done('install', hashOf(['package.json', 'package-lock.json']))
}
const sources = hashOf(['tsconfig.json', ...SOURCES.flatMap(filesIn)])
if (!isDone('build', sources) || !existsSync('dist/src/cli/main.js')) {
  say('compiling')
  // what a deleted source left behind must not run
  rmSync('dist', { recursive: true, force: true })
  run('node_modules/.bin/node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'])
  done('build', sources)
}

/** The package `node` brings its binary by an install script, which npm may have been told not to run. */
function installNode () {
  if (!existsSync('node_modules/node/bin/node')) {
    execFileSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: 'node_modules/node', stdio: ['ignore', 2, 2] })
  }
}

function filesIn (folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : /\.(ts|mts)$/.test(entry.name) ? [path] : []
  }).sort()
}

function hashOf (files) {
  const hash = createHash('sha256')
  for (const file of files) {
    hash.update(`${file}\0${statSync(file).size}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function isDone (step, hash) {
  const stamp = join(stamps, step)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hash
}

function done (step, hash) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(join(stamps, step), hash)
}

function run (command, args) {
  try {
    // everything to stderr: stdout belongs to what runs afterwards
    execFileSync(command, args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  } catch (error) {
    say(`${command} ${args.join(' ')} failed; see above`)
    process.exit(typeof error.status === 'number' ? error.status : 1)
  }
}

function say (text) {
  process.stderr.write(`byway: ${text}\n`)
}
