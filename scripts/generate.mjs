// Regenerates every NAME.pb.ts from its NAME.proto: `npm run generate`.
import { execFileSync } from 'node:child_process'
import { globSync, renameSync } from 'node:fs'

for (const proto of globSync('protocols/*/*.proto')) {
  execFileSync('node_modules/.bin/protons', ['--strict', proto], { stdio: 'inherit' })
  renameSync(proto.replace(/\.proto$/, '.ts'), proto.replace(/\.proto$/, '.pb.ts'))
}
