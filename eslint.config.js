// What a type checker does not say: promises nobody waits for, type holes, and the style of this house.
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Formatting that is not worth a plugin: ESLint's own rules, from the version that the lock file names. */
const style = {
  semi: ['error', 'never'],
  quotes: ['error', 'single', { avoidEscape: true }],
  'comma-dangle': ['error', 'never'],
  'eol-last': 'error',
  'no-trailing-spaces': 'error',
  'no-multiple-empty-lines': ['error', { max: 1, maxBOF: 0, maxEOF: 0 }],
  'no-tabs': 'error',
  'object-curly-spacing': ['error', 'always'],
  'space-before-function-paren': ['error', 'always']
}

const correctness = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-var': 'error',
  'prefer-const': 'error',
  'no-console': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  // what prints as its canonical text may stand in a message as it is
  '@typescript-eslint/restrict-template-expressions': ['error', {
    allowNumber: true,
    allowBoolean: true,
    allow: [
      { from: 'package', package: '@libp2p/interface', name: ['PeerId', 'Ed25519PeerId', 'RSAPeerId', 'Secp256k1PeerId', 'URLPeerId'] },
      { from: 'package', package: '@multiformats/multiaddr', name: ['Multiaddr'] }
    ]
  }],
  // methods of an interface are async for the sake of those implementations that wait
  '@typescript-eslint/require-await': 'off',
  // an event's handler may be async if it handles its own failure, which this rule cannot see
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }]
}

export default defineConfig(
  { ignores: ['**/*.pb.ts', '**/*.peg.ts', 'dist/', 'coverage/', 'node_modules/'] },
  { files: ['**/*.{js,mjs,ts}'], rules: style },
  {
    files: ['{src,protocols,bootstrap,scripts,test}/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: correctness
  },
  // tests look at errors and fixtures of any shape, and print what they measure
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off'
    }
  },
  // the command line and scripts speak to people
  { files: ['src/cli/**/*.ts', 'scripts/**/*', 'bootstrap/**/*.ts'], rules: { 'no-console': 'off' } }
)
