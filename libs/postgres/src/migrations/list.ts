import { Tenancy1764000000001 } from './0001-tenancy.ts'
import { Principals1764000000002 } from './0002-principals.ts'
import { Access1764000000003 } from './0003-access.ts'
import { Ledger1764000000004 } from './0004-ledger.ts'
import { PlatformReads1764000000005 } from './0005-platform-reads.ts'
import { Engine1764000000006 } from './0006-engine.ts'

/** Every migration, in order. Migrations go forward only; a published one is never edited. */
export const MIGRATIONS = [
  Tenancy1764000000001,
  Principals1764000000002,
  Access1764000000003,
  Ledger1764000000004,
  PlatformReads1764000000005,
  Engine1764000000006,
]
