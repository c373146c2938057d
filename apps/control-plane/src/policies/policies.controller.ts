import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  SerializeOptions,
} from '@nestjs/common'
import { NewPolicy, pageOf, PolicyChange, PolicyId, PolicyReplacement, PolicyView } from '@writ/contracts'
import { z } from 'zod'
import { Answers } from '../http/answers.ts'
import { ListQuery } from '../http/page.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { draftOf } from './draft.ts'
import { PoliciesService } from './policies.service.ts'
import { readPolicyBody } from './policy-body.ts'

/** For a document that comes alone: its name, when that is not its title. */
const NameQuery = z.strictObject({ name: z.string().max(100).optional() })
type NameQuery = z.infer<typeof NameQuery>

/** Newest first; what one answer has no room for comes before its last version. */
const VersionsQuery = z.strictObject({
  before: z.coerce.number().int().min(1).max(2_147_483_647).default(2_147_483_647),
})
type VersionsQuery = z.infer<typeof VersionsQuery>

@Controller('api/v1/policies')
@Access('policies.write')
export class PoliciesController {
  constructor(private readonly policies: PoliciesService) {}

  @Get()
  @Access('policies.read')
  @SerializeOptions({ schema: pageOf(PolicyView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.policies.list(db, query)
  }

  @Post()
  @Answers({ body: NewPolicy, yaml: NewPolicy })
  @SerializeOptions({ schema: PolicyView })
  create(@Db() db: TenantDb, @Req() request: RimRequest, @Query({ schema: NameQuery }) { name }: NameQuery) {
    const body = readPolicyBody(request, NewPolicy, ({ title }) => ({ name: name ?? title }))
    return this.policies.create(db, body.asked, draftOf(body))
  }

  @Get(':id')
  @Access('policies.read')
  @SerializeOptions({ schema: PolicyView })
  get(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId) {
    return this.policies.get(db, id)
  }

  @Get(':id/versions')
  @Access('policies.read')
  @SerializeOptions({ schema: z.strictObject({ items: z.array(PolicyView) }) })
  versions(
    @Db() db: TenantDb,
    @Param('id', { schema: PolicyId }) id: PolicyId,
    @Query({ schema: VersionsQuery }) { before }: VersionsQuery,
  ) {
    return this.policies.versions(db, id, before)
  }

  @Patch(':id')
  @Answers({ body: PolicyChange, yaml: PolicyChange })
  @SerializeOptions({ schema: PolicyView })
  change(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId, @Req() request: RimRequest) {
    const { asked, spotOf } = readPolicyBody(request, PolicyChange)
    const isNew = asked.document !== undefined || asked.cedar !== undefined
    const draft = isNew ? draftOf({ asked, spotOf }) : null
    return this.policies.change(db, id, { groups: asked.groups, draft })
  }

  @Put(':id')
  @Answers({ body: PolicyReplacement, yaml: PolicyReplacement })
  @SerializeOptions({ schema: PolicyView })
  replace(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId, @Req() request: RimRequest) {
    const body = readPolicyBody(request, PolicyReplacement)
    return this.policies.change(db, id, { groups: body.asked.groups, draft: draftOf(body) })
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId) {
    return this.policies.remove(db, id)
  }
}
