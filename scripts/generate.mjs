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

for (const grammar of globSync('src/*/*.peggy')) {
  const code = peggy.generate(readFileSync(grammar, 'utf8'), { format: 'es', output: 'source', grammarSource: grammar })
  const isOfInterest = (line) => !/peg\$allowedStartRules as StartRules/.test(line)
  const kept = code.split('\n').filter(isOfInterest).join('\n')
  writeFileSync(grammar.replace(/\.peggy$/, '.peg.ts'), `// @ts-nocheck\n${kept}`)
}
