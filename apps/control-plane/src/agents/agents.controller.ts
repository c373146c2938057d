import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, SerializeOptions } from '@nestjs/common'
import { AgentId, AgentView, EnrolmentToken, Membership, NewAgent, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { AgentsService } from './agents.service.ts'

@Controller('api/v1/agents')
@Access('admin')
export class AgentsController {
  constructor(private readonly agents: AgentsService) {}

  @Get()
  @Access('auditor')
  @SerializeOptions({ schema: pageOf(AgentView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.agents.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: AgentView })
  create(@Db() db: TenantDb, @Body({ schema: NewAgent }) agent: NewAgent) {
    return this.agents.create(db, agent)
  }

  @Get(':id')
  @Access('auditor')
  @SerializeOptions({ schema: AgentView })
  get(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId) {
    return this.agents.get(db, id)
  }

  @Post(':id/enrolment-tokens')
  @SerializeOptions({ schema: EnrolmentToken })
  inviteToEnrol(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId) {
    return this.agents.inviteToEnrol(db, id)
  }

  @Put(':id/groups')
  @SerializeOptions({ schema: AgentView })
  move(
    @Db() db: TenantDb,
    @Param('id', { schema: AgentId }) id: AgentId,
    @Body({ schema: Membership }) { groups }: Membership,
  ) {
    return this.agents.move(db, id, groups)
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @SerializeOptions({ schema: AgentView })
  revoke(@Db() db: TenantDb, @Param('id', { schema: AgentId }) id: AgentId) {
    return this.agents.revoke(db, id)
  }
}
