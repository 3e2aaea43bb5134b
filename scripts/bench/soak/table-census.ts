// Counts what every map, set and array in a node holds, those in private fields too: V8's inspector reads them inside the process. It goes
// from object to object by their fields, but not into what the collections hold, so that a name stands for one table: `byway.#links.#all`.
// What only closures know is not seen; if that grows, the heap does.
import { Session } from 'node:inspector'

const GROUP = 'census'
/** From a root. The deepest tables of ours are five fields away. */
const MAX_DEPTH = 7
/** Their fields are about one thing, or about the platform. */
const LEAVES = /^(Socket|Server|Timeout|Immediate|Worker|Process|AbortController|AbortSignal|CID|.*PeerId(Class)?|.*PrivateKey(Class)?|Multiaddr.*|.*TransformStream|Performance.*)$/

interface Remote { type: string, subtype?: string, className?: string, description?: string, objectId?: string }
interface Field { name: string, value?: Remote }

/** @returns sizes by name; of an object that is reached twice under the first name only */
export function tableCensus (roots: Readonly<Record<string, object>>): Record<string, number> {
  const session = new Session()
  session.connect()
  const scope = globalThis as { censusRoots?: unknown, censusSeen?: WeakSet<object> }
  scope.censusRoots = roots
  scope.censusSeen = new WeakSet()
  const sizes: Record<string, number> = {}
  try {
    for (const name of Object.keys(roots)) {
      walk(session, name, ask<{ result: Remote }>(session, 'Runtime.evaluate', { expression: `censusRoots[${JSON.stringify(name)}]`, objectGroup: GROUP }).result, 0, sizes)
    }
  } finally {
    delete scope.censusRoots
    delete scope.censusSeen
    ask(session, 'Runtime.releaseObjectGroup', { objectGroup: GROUP })
    session.disconnect()
  }
  return sizes
}

function walk (session: Session, name: string, object: Remote, depth: number, sizes: Record<string, number>): void {
  if (object.objectId === undefined || depth > MAX_DEPTH || LEAVES.test(object.className ?? '') || !isNew(session, object.objectId)) {
    return
  }
  const { result, privateProperties = [] } = ask<{ result: Field[], privateProperties?: Field[] }>(session, 'Runtime.getProperties', { objectId: object.objectId, ownProperties: true })
  for (const { name: field, value } of [...privateProperties, ...result]) {
    if (value?.type !== 'object' || field === '__proto__') {
      continue
    }
    const path = `${name}.${field}`
    const size = value.subtype === 'map' || value.subtype === 'set' || value.subtype === 'array' ? /\((\d+)\)$/.exec(value.description ?? '')?.[1] : undefined
    if (size !== undefined && value.objectId !== undefined) {
      if (isNew(session, value.objectId)) {
        sizes[path] = Number(size)
      }
    } else if (value.subtype === undefined) {
      walk(session, path, value, depth + 1, sizes)
    }
  }
}

function isNew (session: Session, objectId: string): boolean {
  const functionDeclaration = 'function () { const isNew = !censusSeen.has(this); censusSeen.add(this); return isNew }'
  return ask<{ result: { value: boolean } }>(session, 'Runtime.callFunctionOn', { objectId, functionDeclaration, returnByValue: true }).result.value
}

/** An inspector of the own process answers before `post` returns. */
function ask<T> (session: Session, method: string, parameters: object): T {
  let answer: { error: Error | null, value?: T } | undefined
  session.post(method, parameters, (error: Error | null, value?: unknown) => { answer = { error, value: value as T } })
  if (answer === undefined || answer.error !== null) {
    throw new Error(`the inspector does not answer ${method}`, { cause: answer?.error })
  }
  return answer.value as T
}
