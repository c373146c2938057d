export { sessionStoreSuite } from './session-store.suite.ts'
