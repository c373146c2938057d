import { NewHuman } from '@writ/contracts'
import { isResource } from './resource.ts'
import type { ScimResource } from './resource.ts'
import { invalidValue } from './scim-error.ts'

/** What of a user we know by ourselves; the rest is kept as it came. */
export type Person = {
  readonly name: string
  readonly email: string
  readonly userName: string
  readonly externalId: string | null
  readonly active: boolean
}

/** @throws ScimError for a user without a usable e-mail address */
export function personOf(resource: ScimResource): Person {
  const userName = textOf(resource['userName']) ?? ''
  const email = emailOf(resource) ?? userName
  const human = NewHuman.safeParse({ name: (nameOf(resource) ?? userName).slice(0, 100), email })
  if (!human.success) throw invalidValue('a user needs an e-mail address: as its primary one, or as userName')
  const externalId = textOf(resource['externalId'])
  if (userName.length > 254 || (externalId?.length ?? 0) > 255)
    throw invalidValue('userName or externalId is too long')
  return { ...human.data, userName, externalId, active: resource['active'] !== false }
}

function emailOf({ emails }: ScimResource): string | null {
  const all: unknown[] = Array.isArray(emails) ? emails : []
  const known = all.filter(isResource)
  const chosen =
    known.find(({ primary }) => primary === true) ?? known.find(({ type }) => type === 'work') ?? known[0]
  return textOf(chosen?.['value'])
}

function nameOf({ displayName, name }: ScimResource): string | null {
  if (!isResource(name)) return textOf(displayName)
  const parts = [textOf(name['givenName']), textOf(name['familyName'])].filter((part) => part !== null)
  return textOf(displayName) ?? textOf(name['formatted']) ?? textOf(parts.join(' '))
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
