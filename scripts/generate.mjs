// Regenerates every NAME.pb.ts from its NAME.proto, and every NAME.peg.ts from its NAME.peggy: `npm run generate`.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import peggy from 'peggy'

/** What protons writes for a 64-bit number is wrong between 2^31 and 2^32: protocols/uint64.ts. */
const WRITE_UINT64 = /w\.uint64\((obj\.\w+)\)/g

for (const proto of globSync('protocols/*/*.proto')) {
  execFileSync('node_modules/.bin/protons', ['--strict', proto], { stdio: 'inherit' })
  const generated = proto.replace(/\.proto$/, '.ts')
  const code = readFileSync(generated, 'utf8')
  const mended = code.replace(WRITE_UINT64, 'writeUint64(w, $1)')
  const isMended = mended !== code
  writeFileSync(proto.replace(/\.proto$/, '.pb.ts'), isMended ? mended.replace(/^import /m, "import { writeUint64 } from '../uint64.ts'\nimport ") : mended)
  rmSync(generated)
}

/** What peggy makes anew for every parse and never changes: a hundred objects, which take as long to make as a short text to parse. */
const CONSTANTS = /^ {2}const peg\$[cer]\d+ = .*\n/gm
const EXPECTATIONS = /^ {2}function peg\$\w+Expectation\(.*\) \{\n.*\n {2}\}\n/gm

for (const grammar of globSync('src/*/*.peggy')) {
  const code = peggy.generate(readFileSync(grammar, 'utf8'), { format: 'es', output: 'source', grammarSource: grammar })
  const kept = [EXPECTATIONS, CONSTANTS].flatMap(pattern => code.match(pattern) ?? [])
  const rest = code.replace(EXPECTATIONS, '').replace(CONSTANTS, '').replace(/^ {2}peg\$allowedStartRules as StartRules,\n/m, '')
  const hoisted = rest.replace(/^function peg\$parse\(/m, `${kept.join('')}\nfunction peg$$parse(`)
  writeFileSync(grammar.replace(/\.peggy$/, '.peg.ts'), `// @ts-nocheck\n${hoisted}`)
}
