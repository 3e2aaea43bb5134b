// The check that comes before anything else is loaded: libp2p would fail on an older Node with a riddle. Imports nothing.

/** libp2p 3 needs Node 22; the RSP's store needs the SQLite of 22.13. */
const OLDEST = [22, 13] as const

/**
 * @param version - as `process.version`
 * @returns what to tell the user, or undefined when the version will do
 */
export function complaintAboutNode (version: string): string | undefined {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
    return undefined
  }
  return `byway needs Node.js ${OLDEST.join('.')} or later, and this is ${version}. Install a newer one (https://nodejs.org), ` +
    'or run it through npm inside the project (npm start), which brings its own.'
}
