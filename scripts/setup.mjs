// Does once what `npm start` and `npm test` need from a fresh clone, and again only when something has changed: installs the
// locked dependencies and compiles. Runs on any Node that can run npm; all else runs on the Node that it installs.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamps = join(root, 'node_modules', '.byway')
const SOURCES = ['src', 'protocols', 'bootstrap', 'scripts', 'test']
const LOCK = '.setup.lock'
const LOOK_MS = 200
/** A lock without its holder's number is one that is just being written; and nobody takes ten minutes. */
const MOST_LOOKS = { unnamed: 25, named: 3_000 }

process.chdir(root)
await alone()
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

/** Commands in several terminals wait for the first of them to finish this. */
async function alone () {
  for (let looks = 1; ; looks++) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw error
      }
    }
    const pid = holderOf(LOCK)
    if (looks > (pid === undefined ? MOST_LOOKS.unnamed : MOST_LOOKS.named) || (pid !== undefined && !isAlive(pid))) {
      removeOf(pid)
      // whoever has it then is given as much time
      looks = 0
      continue
    }
    if (looks === 1) {
      say('waits for the set-up that runs already')
    }
    await pause(LOOK_MS)
  }
  process.on('exit', () => { removeOf(process.pid) })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => { process.exit(1) })
  }
}

/** Removes the lock if it is still that of this holder: by now another one may have it, who is left in peace. */
function removeOf (pid) {
  const taken = `${LOCK}.${process.pid}`
  try {
    if (holderOf(LOCK) !== pid) {
      return
    }
    renameSync(LOCK, taken)
    if (holderOf(taken) !== pid) {
      writeFileSync(LOCK, readFileSync(taken), { flag: 'wx' })
    }
  } catch (error) {
    // gone, or there is a new one
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') {
      throw error
    }
  }
  rmSync(taken, { force: true })
}

/** Undefined for a lock that is being written, or is gone by now. */
function holderOf (lock) {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

function isAlive (pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** The package `node` brings its binary by an install script, which npm may have been told not to run. */
function installNode () {
  if (!existsSync('node_modules/node/bin/node')) {
    run(process.execPath, ['installArchSpecificPackage.js'], { cwd: 'node_modules/node' })
  }
}

function filesIn (folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : /\.(ts|mts|json)$/.test(entry.name) ? [path] : []
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

function run (command, args, options = {}) {
  try {
    // everything to stderr: stdout belongs to what runs afterwards
    execFileSync(command, args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' && command !== process.execPath, ...options })
  } catch (error) {
    say(`${command} ${args.join(' ')} failed; see above`)
    process.exit(typeof error.status === 'number' ? error.status : 1)
  }
}

function say (text) {
  process.stderr.write(`byway: ${text}\n`)
}
