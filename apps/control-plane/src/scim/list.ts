import { z } from 'zod'
import { readFilter } from './filter.ts'
import type { ScimResource } from './resource.ts'
import { ScimError } from './scim-error.ts'

const LARGEST_PAGE = 200
/** Numbers below the least are the least (RFC 7644 §3.4.2.4); what is no number is as if it was not said. */
const numberFrom = (least: number, most: number, otherwise: number) =>
  z.coerce
    .number()
    .int()
    .transform((value) => Math.min(Math.max(value, least), most))
    .catch(otherwise)

export const ScimQuery = z.looseObject({
  filter: z.string().max(1000).optional(),
  startIndex: numberFrom(1, 1_000_000, 1).default(1),
  count: numberFrom(0, LARGEST_PAGE, LARGEST_PAGE).default(LARGEST_PAGE),
  excludedAttributes: z.string().max(1000).optional(),
})
export type ScimQuery = z.infer<typeof ScimQuery>

export type Asked = Pick<ScimQuery, 'filter' | 'startIndex' | 'count'>
export type Listed = { readonly total: number; readonly resources: readonly ScimResource[] }

/**
 * A filter as conditions of SQL.
 * @param conditions by attribute in lower case, `?` being the value
 * @param before values that stand before: `$2` and on
 */
export function conditionsOf(
  filter: string | undefined,
  conditions: Readonly<Record<string, string>>,
  before: readonly string[],
): { readonly where: string; readonly values: string[] } {
  const comparisons = filter === undefined ? [] : readFilter(filter)
  const values = [...before]
  const where = comparisons.map(({ attribute, value }) => {
    const condition = Object.hasOwn(conditions, attribute) ? conditions[attribute] : undefined
    if (condition === undefined)
      throw new ScimError(400, 'invalidFilter', `filters are by ${Object.keys(conditions).join(', ')}`)
    values.push(value)
    return ` and ${condition.replaceAll('?', `$${values.length + 1}`)}`
  })
  return { where: where.join(''), values }
}

export const listResponse = ({ total, resources }: Listed, { startIndex }: Pick<Asked, 'startIndex'>) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: total,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
})

export const leavesOutMembers = ({ excludedAttributes = '' }: ScimQuery): boolean =>
  excludedAttributes.split(',').some((name) => name.trim().toLowerCase() === 'members')
