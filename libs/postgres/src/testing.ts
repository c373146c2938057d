export { createTestDatabase } from './test-database.ts'
export type { TestDatabase } from './test-database.ts'
export { createTestNode, createTestStream, insertTestNode, insertTestTenant, testId } from './test-records.ts'
export type { TestNode, TestStream } from './test-records.ts'
