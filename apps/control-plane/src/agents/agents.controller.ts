import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, SerializeOptions } from '@nestjs/common'
import { AgentId, AgentView, EnrolmentToken, Membership, NewAgent, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { AgentsService } from './agents.service.ts'
import { ownerBound } from './owner-bound.ts'

@Controller('api/v1/agents')
@Access('agents.write')
export class AgentsController {
  constructor(private readonly agents: AgentsService) {}

  @Get()
  @Access('agents.read')
  @SerializeOptions({ schema: pageOf(AgentView) })
  list(@Db() db: TenantDb, @Admitted() who: Admission, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.agents.list(db, query, ownerBound(who, 'agents.read'))
  }

  @Post()
  @SerializeOptions({ schema: AgentView })
  create(@Db() db: TenantDb, @Admitted() who: Admission, @Body({ schema: NewAgent }) agent: NewAgent) {
    return this.agents.create(db, agent, ownerBound(who, 'agents.write'))
  }

  @Get(':id')
  @Access('agents.read')
  @SerializeOptions({ schema: AgentView })
  get(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId, @Admitted() who?: Admission) {
    return this.agents.get(db, id, ownerBound(who, 'agents.read'))
  }

  @Post(':id/enrolment-tokens')
  @SerializeOptions({ schema: EnrolmentToken })
  inviteToEnrol(
    @Db() db: TenantDb,
    @Param('id', { schema: AgentId }) id: AgentId,
    @Admitted() who: Admission,
  ) {
    return this.agents.inviteToEnrol(db, id, ownerBound(who, 'agents.write'))
  }

  @Put(':id/groups')
  @Access('groups.write')
  @SerializeOptions({ schema: AgentView })
  move(
    @Db() db: TenantDb,
    @Param('id', { schema: AgentId }) id: AgentId,
    @Body({ schema: Membership }) { groups }: Membership,
  ) {
    return this.agents.move(db, id, groups)
  }

  @Post(':id/suspend')
  @HttpCode(200)
  @SerializeOptions({ schema: AgentView })
  suspend(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId, @Admitted() who: Admission) {
    return this.agents.suspend(db, id, ownerBound(who, 'agents.write'))
  }

  @Post(':id/resume')
  @HttpCode(200)
  @SerializeOptions({ schema: AgentView })
  resume(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId, @Admitted() who: Admission) {
    return this.agents.resume(db, id, ownerBound(who, 'agents.write'))
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @SerializeOptions({ schema: AgentView })
  revoke(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId, @Admitted() who: Admission) {
    return this.agents.revoke(db, id, ownerBound(who, 'agents.write'))
  }
}
