import { defineConfig, type OxlintOverride } from 'oxlint'

type Restriction = { group: string[]; message: string; allowTypeImports?: boolean }

const next = ['next', 'next/**', 'next-auth', 'next-auth/**']
const react = ['react', 'react/**']
const sql = ['pg', 'pg/*', 'drizzle-orm', 'drizzle-orm/**']

const noSqlInApp: Restriction = {
  group: sql,
  message: 'app/ contains no SQL: read and write through a function in db/.',
}
const noSqlInComponents: Restriction = {
  group: sql,
  message: 'A component renders its props; its page reads through db/.',
}
const noTables: Restriction = {
  group: ['#db/schema/*', '@rowhouse/tenancy/schema'],
  allowTypeImports: true,
  message: 'Tables are used in db/ only; import a function or a type.',
}
const engineExports: Restriction = {
  group: ['**/packages/tenancy/**', '#tenancy/**', '@rowhouse/tenancy/src/**'],
  message: 'Import the engine through its exports: @rowhouse/tenancy and its subpaths.',
}
const noProduct: Restriction = {
  group: ['#db/product/**'],
  message:
    'The product is yours to replace: only modules.ts, worker.ts, cli/, seed/ and its own routes and components import it.',
}
const noOperators: Restriction = {
  group: ['#db/operators/**'],
  message:
    'An optional module: only modules.ts, worker.ts, cli/, seed/ and its own routes and components import it.',
}
const noInterface: Restriction = {
  group: [
    ...next,
    ...react,
    'react-dom',
    'react-dom/**',
    '#app/*',
    '#app/**',
    '#components/*',
    '#components/**',
  ],
  message: 'db/ imports nothing from app/, components/, Next or React.',
}
const aliasesOnly: Restriction = {
  group: ['../**'],
  message: 'Use #db/, #app/ or #components/, which the import rules can match.',
}
const template = [
  '#db/**',
  '#app/**',
  '#components/**',
  '@rowhouse/tenancy',
  '@rowhouse/tenancy/**',
]
const engineOnly: Restriction = {
  group: [...template, '../**', ...next, ...react],
  message: 'The engine imports npm packages and itself.',
}
const engineTests: Restriction = { group: template, message: engineOnly.message }

/** The engine's folders in the order of their dependencies: each imports only those before it. */
const layers = [
  'base',
  'registry',
  'audit',
  'admission',
  'context',
  'migrations',
  'placements',
  'moves',
  'data',
  'checks',
  'tasks',
]
const aboveTheLayers = ['testing/**', 'restore/**', 'index', 'admin', 'setup']

const layerOverrides = layers.map((layer, i) =>
  imports(
    [`packages/tenancy/src/${layer}/**`],
    [
      engineOnly,
      {
        group: [...layers.slice(i + 1).map((later) => `${later}/**`), ...aboveTheLayers].map(
          (path) => `#tenancy/${path}`,
        ),
        message: `A layer of the engine imports only those before it: ${layers.join(', ')}, testing.`,
      },
    ],
  ),
)

function imports(
  files: string[],
  patterns: Restriction[],
  rules: OxlintOverride['rules'] = {},
): OxlintOverride {
  return { files, rules: { 'eslint/no-restricted-imports': ['error', { patterns }], ...rules } }
}

// outside React, functions named use… are not hooks
const serverRules: OxlintOverride['rules'] = { 'react/rules-of-hooks': 'off' }

export default defineConfig({
  plugins: [
    'eslint',
    'typescript',
    'unicorn',
    'oxc',
    'react',
    'nextjs',
    'jsx-a11y',
    'import',
    'jsdoc',
    'vitest',
  ],
  categories: { correctness: 'error' },
  options: { typeAware: true },
  ignorePatterns: [
    'node_modules/**',
    '.next/**',
    '.data/**',
    'drizzle/**',
    'test-results/**',
    'next-env.d.ts',
  ],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': [
      'error',
      { checksVoidReturn: { attributes: false, arguments: false } },
    ],
    'typescript/await-thenable': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'eslint/no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
    ],
    'eslint/no-empty': 'error',
    'eslint/eqeqeq': ['error', 'always', { null: 'ignore' }],
    'import/no-cycle': ['error', { ignoreTypes: false, allowUnsafeDynamicCyclicDependency: true }],
    'import/no-self-import': 'error',
    'react/rules-of-hooks': 'error',
    'react/exhaustive-deps': 'error',
    'jsx-a11y/prefer-tag-over-role': 'off',
    'unicorn/no-thenable': 'off',
    'eslint/no-control-regex': 'off',
    'typescript/restrict-template-expressions': 'off',
    'typescript/no-base-to-string': 'off',
    'react/immutability': 'off',
    'jsdoc/check-tag-names': 'error',
    'jsdoc/empty-tags': 'error',
    'jsdoc/require-param-name': 'error',
    'jsdoc/require-param-description': 'error',
    'jsdoc/require-returns-description': 'error',
    'jsdoc/require-throws-description': 'error',
    'jsdoc/require-property-type': 'off',
    'jsdoc/require-yields': 'off',
    'vitest/require-to-throw-message': 'off',
    'vitest/require-mock-type-parameters': 'off',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
  },
  // of several overrides for a file, the last one applies
  overrides: [
    imports(['app/**'], [noSqlInApp, noTables, engineExports, noProduct, noOperators]),
    imports(
      [
        'app/(tenant)/orders/**',
        'app/(tenant)/customers/**',
        'app/(tenant)/products/**',
        'app/(tenant)/overview/**',
        'app/(tenant)/find/**',
        'app/(tenant)/isolation/**',
        'app/_orders/**',
        'app/api/v1/**',
      ],
      [noSqlInApp, noTables, engineExports, noOperators],
    ),
    imports(
      ['app/console/**', 'app/_session/operator.ts', 'app/_http/operator-stream.ts'],
      [noSqlInApp, noTables, engineExports, noProduct],
    ),
    imports(
      ['components/**'],
      [noSqlInComponents, noTables, engineExports, noProduct, noOperators],
    ),
    imports(
      [
        'components/orders/**',
        'components/customers/**',
        'components/products/**',
        'components/overview/**',
        'components/isolation/**',
      ],
      [noSqlInComponents, noTables, engineExports, noOperators],
    ),
    imports(['components/console/**'], [noSqlInComponents, noTables, engineExports, noProduct]),
    imports(
      ['db/**'],
      [noInterface, engineExports, aliasesOnly, noProduct, noOperators],
      serverRules,
    ),
    imports(['db/product/**'], [noInterface, engineExports, aliasesOnly, noOperators], serverRules),
    imports(['db/operators/**'], [noInterface, engineExports, aliasesOnly, noProduct], serverRules),
    imports(
      ['db/modules.ts', 'db/worker.ts', 'db/cli/**', 'db/seed/**', 'db/mutation/**'],
      [noInterface, engineExports, aliasesOnly],
      serverRules,
    ),
    imports(['db/bench/**'], [noInterface, engineExports], serverRules),
    imports(['db/cli/sandbox-login.ts'], [engineExports, aliasesOnly], serverRules),
    imports(['packages/tenancy/src/**'], [engineOnly], serverRules),
    ...layerOverrides,
    {
      // their tags are types
      files: ['scripts/*.mjs'],
      rules: {
        'jsdoc/require-param-description': 'off',
        'jsdoc/require-returns-description': 'off',
      },
    },
    {
      files: [
        '**/*.test.ts',
        '**/*.test.tsx',
        'db/testing/**',
        'db/*/testing/**',
        'db/chaos/**',
        'components/testing/**',
        'e2e/**',
      ],
      rules: {
        'typescript/no-non-null-assertion': 'off',
        'eslint/no-restricted-imports': 'off',
      },
    },
    imports(
      ['packages/tenancy/src/**/*.test.ts', 'packages/tenancy/src/testing/**'],
      [engineTests],
    ),
  ],
})
