import { Body, Controller, HttpCode, Param, Post, Put, SerializeOptions } from '@nestjs/common'
import { HumanId, HumanRoles, HumanView, NewHumanIdentity } from '@writ/contracts'
import { Recorded } from '../administration/recorded.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { HumansService } from './humans.service.ts'
import { RolesService } from './roles.service.ts'

/** What a human may do, who they are elsewhere, and whether they count. */
@Controller('api/v1/humans')
@Access('humans.write')
export class HumanStandingController {
  constructor(
    private readonly humans: HumansService,
    private readonly roles: RolesService,
  ) {}

  @Put(':id/roles')
  @Access('roles.write')
  @Recorded('view')
  @SerializeOptions({ schema: HumanView })
  async setRoles(
    @Db() db: TenantDb,
    @Param('id', { schema: HumanId }) id: HumanId,
    @Body({ schema: HumanRoles }) { roles }: HumanRoles,
  ) {
    await this.roles.set(db, id, roles)
    return this.humans.get(db, id)
  }

  /** An identity opens every door that the human may open, so it takes an owner. */
  @Post(':id/identities')
  @Access('roles.write')
  @Recorded('view')
  @HttpCode(200)
  @SerializeOptions({ schema: HumanView })
  link(
    @Db() db: TenantDb,
    @Param('id', { schema: HumanId }) id: HumanId,
    @Body({ schema: NewHumanIdentity }) identity: NewHumanIdentity,
  ) {
    return this.humans.link(db, id, identity)
  }

  @Post(':id/identities/remove')
  @Access('roles.write')
  @Recorded('view')
  @HttpCode(200)
  @SerializeOptions({ schema: HumanView })
  unlink(
    @Db() db: TenantDb,
    @Param('id', { schema: HumanId }) id: HumanId,
    @Body({ schema: NewHumanIdentity }) identity: NewHumanIdentity,
  ) {
    return this.humans.unlink(db, id, identity)
  }

  @Post(':id/suspend')
  @Recorded('view')
  @HttpCode(200)
  @SerializeOptions({ schema: HumanView })
  async suspend(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Param('id', { schema: HumanId }) id: HumanId,
  ) {
    await this.roles.suspend(db, id, admission)
    return this.humans.get(db, id)
  }

  @Post(':id/restore')
  @Recorded('view')
  @HttpCode(200)
  @SerializeOptions({ schema: HumanView })
  async restore(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Param('id', { schema: HumanId }) id: HumanId,
  ) {
    await this.roles.restore(db, id, admission)
    return this.humans.get(db, id)
  }

  /** Ends every browser session and every token that stands for them; they may come back. */
  @Post(':id/sign-out')
  @Recorded('view')
  @HttpCode(200)
  @SerializeOptions({ schema: HumanView })
  async signOut(@Db() db: TenantDb, @Param('id', { schema: HumanId }) id: HumanId) {
    await this.roles.signOutEverywhere(db, id)
    return this.humans.get(db, id)
  }

  /** What is recorded before and after. */
  view(db: TenantDb, id: HumanId): Promise<HumanView> {
    return this.humans.get(db, id)
  }
}
