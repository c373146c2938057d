export { testAuthority } from './certificates.fixture.ts'
export type { Certified, TestAuthority } from './certificates.fixture.ts'
