#!/usr/bin/env node
// The `byway` command: checks Node first, then loads the rest and runs it until it is done or the user ends it.
import { complaintAboutNode } from './node-version.ts'

const complaint = complaintAboutNode(process.version)
if (complaint !== undefined) {
  process.stderr.write(`${complaint}\n`)
  process.exit(2)
}

// only now: the rest does not even load on an older Node
const { runInProcess } = await import('./run-in-process.ts')
await runInProcess()
