import { availableParallelism } from 'node:os'

// One Jest for every room; a spec sits beside its file and e2e specs in e2e/.
export default {
  runner: '<rootDir>/tools/testing/runner.mjs',
  testMatch: ['**/src/**/*.spec.{ts,tsx}', '**/e2e/**/*.e2e.ts'],
  transform: {},
  // End-to-end tests wait much of their time for processes that they started: one more than there are cores keeps these busy.
  maxWorkers: availableParallelism() + 1,
  // What a spec waits for is a real server on a machine that others use too; a hang is still a failure.
  // Longer than what a driver waits for, so that its own words are heard.
  testTimeout: 40_000,
  modulePathIgnorePatterns: ['/dist/'],
  testPathIgnorePatterns: ['/node_modules/', '/.writ/'],
}
