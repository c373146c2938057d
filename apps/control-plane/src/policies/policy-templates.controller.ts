import { Controller, Get, SerializeOptions } from '@nestjs/common'
import { PolicyDocument } from '@writ/contracts'
import { TEMPLATES } from '@writ/policy'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'

const PolicyTemplateView = z.strictObject({ name: z.string(), title: z.string(), document: PolicyDocument })

/** Policies that each new tenant starts with a copy of. */
@Controller('api/v1/policy-templates')
@Access('auditor')
export class PolicyTemplatesController {
  @Get()
  @SerializeOptions({ schema: z.strictObject({ items: z.array(PolicyTemplateView) }) })
  list() {
    return { items: TEMPLATES.map(({ name, title, document }) => ({ name, title, document })) }
  }
}
