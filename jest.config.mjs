// One Jest for every room; a spec sits beside its file and e2e specs in e2e/.
const swc = (syntax) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2023',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true, ...syntax },
      transform: { legacyDecorator: true, decoratorMetadata: true, react: { runtime: 'automatic' } },
    },
  },
]

export default {
  testEnvironment: 'node',
  testMatch: ['**/src/**/*.spec.{ts,tsx}', '**/e2e/**/*.e2e.ts'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '\\.ts$': swc({}), '\\.tsx$': swc({ tsx: true }) },
  maxWorkers: '100%',
  // What a spec waits for is a real server on a machine that others use too; a hang is still a failure.
  testTimeout: 20_000,
  modulePathIgnorePatterns: ['/dist/'],
  testPathIgnorePatterns: ['/node_modules/', '/.writ/'],
  testEnvironmentOptions: { customExportConditions: ['@writ/source', 'node', 'node-addons'] },
}
