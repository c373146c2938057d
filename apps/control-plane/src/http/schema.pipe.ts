import { Injectable, StandardSchemaValidationPipe } from '@nestjs/common'
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common'
import type { z } from 'zod'
import { badRequest, notFound } from './problem.ts'

/** Parses each argument with the schema that its decorator names. A malformed id in a path is an id that does not exist. */
@Injectable()
export class SchemaPipe implements PipeTransform {
  readonly #path = new StandardSchemaValidationPipe({ exceptionFactory: () => notFound() })
  readonly #rest = new StandardSchemaValidationPipe({ exceptionFactory: badForm })

  transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return (metadata.type === 'param' ? this.#path : this.#rest).transform(value, metadata)
  }
}

type Issue = {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  readonly message: string
}

const badForm = (issues: readonly Issue[]) =>
  badRequest(
    'the request does not have the right form',
    issues.slice(0, 50).map(({ path = [], message }) => ({ path: pathText(path), message })),
  )

const pathText = (path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string =>
  path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')

/** For a route that must look at the raw body first. @throws 400 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const read = schema.safeParse(body)
  if (!read.success) throw badForm(read.error.issues)
  return read.data
}
