import { Tenancy1764000000001 } from './0001-tenancy.ts'
import { Principals1764000000002 } from './0002-principals.ts'
import { Access1764000000003 } from './0003-access.ts'
import { Ledger1764000000004 } from './0004-ledger.ts'
import { PlatformReads1764000000005 } from './0005-platform-reads.ts'
import { Engine1764000000006 } from './0006-engine.ts'
import { Standing1764000000007 } from './0007-standing.ts'
import { ApprovalsEnd1764000000008 } from './0008-approvals-end.ts'
import { People1764000000009 } from './0009-people.ts'
import { TenantLife1764000000010 } from './0010-tenancy.ts'
import { Authority1764000000011 } from './0011-authority.ts'
import { Devices1764000000012 } from './0012-devices.ts'
import { Inventory1764000000013 } from './0013-inventory.ts'
import { RecordsKept1764000000014 } from './0014-records-kept.ts'
import { Findings1764000000015 } from './0015-findings.ts'
import { Upstreams1764000000016 } from './0016-upstreams.ts'
import { HttpApis1764000000017 } from './0017-http-apis.ts'
import { Transparency1764000000018 } from './0018-transparency.ts'
import { IncidentDesk1764000000019 } from './0019-incident-desk.ts'
import { Subjects1764000000020 } from './0020-subjects.ts'
import { Packs1764000000021 } from './0021-packs.ts'
import { Outlets1764000000022 } from './0022-outlets.ts'
import { Durability1764000000023 } from './0023-durability.ts'
import { Ingest1764000000024 } from './0024-ingest.ts'
import { DeletedTenants1764000000025 } from './0025-deleted-tenants.ts'
import { Rosters1764000000026 } from './0026-rosters.ts'
import { IndexStanding1764000000027 } from './0027-index-standing.ts'
import { GlobalForks1764000000028 } from './0028-global-forks.ts'
import { OldestPacks1764000000029 } from './0029-oldest-packs.ts'
import { Endorsements1764000000030 } from './0030-endorsements.ts'
import { Publication1764000000031 } from './0031-publication.ts'
import { LooksOfRemoval1764000000032 } from './0032-looks-of-removal.ts'

/** Every migration, in order. Migrations go forward only; a published one is never edited. */
export const MIGRATIONS = [
  Tenancy1764000000001,
  Principals1764000000002,
  Access1764000000003,
  Ledger1764000000004,
  PlatformReads1764000000005,
  Engine1764000000006,
  Standing1764000000007,
  ApprovalsEnd1764000000008,
  People1764000000009,
  TenantLife1764000000010,
  Authority1764000000011,
  Devices1764000000012,
  Inventory1764000000013,
  RecordsKept1764000000014,
  Findings1764000000015,
  Upstreams1764000000016,
  HttpApis1764000000017,
  Transparency1764000000018,
  IncidentDesk1764000000019,
  Subjects1764000000020,
  Packs1764000000021,
  Outlets1764000000022,
  Durability1764000000023,
  Ingest1764000000024,
  DeletedTenants1764000000025,
  Rosters1764000000026,
  IndexStanding1764000000027,
  GlobalForks1764000000028,
  OldestPacks1764000000029,
  Endorsements1764000000030,
  Publication1764000000031,
  LooksOfRemoval1764000000032,
]
