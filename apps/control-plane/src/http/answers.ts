import { SetMetadata } from '@nestjs/common'
import type { z } from 'zod'

export type RouteForm = {
  readonly body?: z.ZodType
  /** what the body may be in YAML too; read without it, only JSON is */
  readonly yaml?: z.ZodType
  readonly form?: z.ZodType
  readonly answer?: z.ZodType
}

export const ROUTE_FORM = 'writ:route-form'

/** Documents the shapes of a route that reads or writes its bytes itself. Other routes say it where they parse and serialise. */
export const Answers = (form: RouteForm) => SetMetadata(ROUTE_FORM, form)
