import { Body, Controller, HttpCode, Param, Post, SerializeOptions } from '@nestjs/common'
import { ErasedHuman, HumanErasure, HumanId, HumanView } from '@writ/contracts'
import { Recorded } from '../administration/recorded.ts'
import { HumansService } from '../humans/humans.service.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { Erasures } from './erasures.ts'

/** The end of what is known of a human. */
@Controller('api/v1/humans')
@Access('humans.erase')
export class ErasuresController {
  constructor(
    private readonly erasures: Erasures,
    private readonly humans: HumansService,
  ) {}

  @Post(':id/erasure')
  @Recorded('view')
  @HttpCode(200)
  @SerializeOptions({ schema: ErasedHuman })
  erase(
    @Db() db: TenantDb,
    @Param('id', { schema: HumanId }) id: HumanId,
    @Body({ schema: HumanErasure }) erasure: HumanErasure,
  ) {
    return this.erasures.erase(db, id, erasure)
  }

  /** What is recorded before. */
  @SerializeOptions({ schema: HumanView })
  view(db: TenantDb, id: HumanId): Promise<HumanView> {
    return this.humans.get(db, id)
  }
}
