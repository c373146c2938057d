import { Controller, Get, SerializeOptions } from '@nestjs/common'
import { PolicyDocument } from '@writ/contracts'
import { TEMPLATES } from '@writ/policy'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'

const PolicyTemplateView = z.strictObject({
  name: z.string(),
  title: z.string(),
  stops: z.string(),
  costs: z.string(),
  /** a new tenant's default group starts with a copy of it */
  attachedByDefault: z.boolean(),
  document: PolicyDocument,
})

/** Policies to start from: what each stops, what it costs, and its tests. A copy is the tenant's own. */
@Controller('api/v1/policy-templates')
@Access('policies.read')
export class PolicyTemplatesController {
  @Get()
  @SerializeOptions({ schema: z.strictObject({ items: z.array(PolicyTemplateView) }) })
  list() {
    return { items: TEMPLATES }
  }
}
