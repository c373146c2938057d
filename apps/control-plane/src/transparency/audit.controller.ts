import { Controller, Get, Header, Param, Query, SerializeOptions, StreamableFile } from '@nestjs/common'
import {
  CheckpointQuery,
  CheckpointView,
  ConsistencyProof,
  ConsistencyQuery,
  GlobalProof,
  InclusionProof,
  InclusionQuery,
  LogView,
  pageOf,
} from '@writ/contracts'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { AuditService } from './audit.service.ts'

const Level = z.coerce.number().int().min(0).max(6)
const TileIndex = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 45)
const WidthQuery = z.strictObject({ width: z.coerce.number().int().min(1).max(256).default(256) })
type WidthQuery = z.infer<typeof WidthQuery>

/** What proves the tenant's records to strangers: checkpoints, tiles, proofs, and the keys to believe. */
@Controller('api/v1/audit')
@Access('records.read')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get('checkpoint')
  @SerializeOptions({ schema: LogView })
  checkpoint(@Db() db: TenantDb) {
    return this.audit.log(db)
  }

  @Get('checkpoints')
  @SerializeOptions({ schema: pageOf(CheckpointView) })
  checkpoints(@Db() db: TenantDb, @Query({ schema: CheckpointQuery }) query: CheckpointQuery) {
    return this.audit.checkpoints(db, query)
  }

  /** The proof that the global log has the tenant's newest checkpoint that it covers. */
  @Get('checkpoint/global')
  @SerializeOptions({ schema: GlobalProof })
  global(@Db() db: TenantDb) {
    return this.audit.global(db)
  }

  /** Hashes as C2SP tlog-tiles has them: bytes. */
  @Get('tiles/:level/:index')
  @Header('content-type', 'application/octet-stream')
  async tile(
    @Db() db: TenantDb,
    @Param('level', { schema: Level }) level: number,
    @Param('index', { schema: TileIndex }) index: number,
    @Query({ schema: WidthQuery }) { width }: WidthQuery,
  ) {
    const bytes = await this.audit.tile(db, { level, index, width })
    return new StreamableFile(bytes, { type: 'application/octet-stream', length: bytes.length })
  }

  @Get('proofs/inclusion')
  @SerializeOptions({ schema: InclusionProof })
  inclusion(@Db() db: TenantDb, @Query({ schema: InclusionQuery }) query: InclusionQuery) {
    return this.audit.inclusion(db, query)
  }

  @Get('proofs/consistency')
  @SerializeOptions({ schema: ConsistencyProof })
  consistency(@Db() db: TenantDb, @Query({ schema: ConsistencyQuery }) query: ConsistencyQuery) {
    return this.audit.consistency(db, query)
  }

  /** The signed file of keys, `writ.trust.v1`, byte for byte as it was signed. */
  @Get('trust')
  async trust(@Db() db: TenantDb) {
    const bytes = Buffer.from(await this.audit.trust(db))
    return new StreamableFile(bytes, { type: 'application/json', length: bytes.length })
  }
}
