import type { HumanId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Whom an ID token is about, and when and how they signed in. */
export type SubjectHuman = {
  readonly human: HumanId
  readonly authTime: Date
  readonly amr: readonly string[]
}

/** Knows the identity providers of a tenant. A port, injected by class. */
export abstract class IdTokens {
  /** @returns null for a token that does not hold, is for somebody else, or is about nobody here: the caller cannot tell which */
  abstract humanOf(db: TenantDb, idToken: string, nowMs: number): Promise<SubjectHuman | null>
}
