import { CreatedApiKey, CreatedTenant } from '@writ/contracts'
import type { z } from 'zod'

export type Admin = {
  readonly get: <T extends z.ZodType>(path: string, answer: T) => Promise<z.infer<T>>
  readonly send: <T extends z.ZodType>(
    verb: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: object,
    answer: T,
  ) => Promise<z.infer<T>>
  readonly key: string
}

/** The API of one tenant, with one of its keys. @throws Error naming the route and status of what was refused */
export function adminOf(controlPlaneUrl: string, key: string): Admin {
  const call = async <T extends z.ZodType>(
    verb: string,
    path: string,
    answer: T,
    body?: object,
  ): Promise<z.infer<T>> => {
    const response = await fetch(new URL(`/api/v1/${path}`, controlPlaneUrl), {
      method: verb,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok)
      throw new Error(`${verb} ${path} was answered ${response.status}: ${await response.text()}`)
    return answer.parse(response.status === 204 ? null : await response.json())
  }
  return {
    key,
    get: (path, answer) => call('GET', path, answer),
    send: (verb, path, body, answer) => call(verb, path, answer, body),
  }
}

/** Creates the tenant, or makes a new owner key for the one that is there. */
export async function openTenant(
  controlPlaneUrl: string,
  operatorKey: string,
  slug: string,
): Promise<{ ownerKey: string; isNew: boolean }> {
  const operator = (path: string, body: object) =>
    fetch(new URL(`/api/v1/${path}`, controlPlaneUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const created = await operator('tenants', { slug, name: 'Demo' })
  if (created.ok) return { ownerKey: CreatedTenant.parse(await created.json()).ownerKey.key, isNew: true }
  if (created.status !== 409)
    throw new Error(`the tenant could not be created: ${created.status} ${await created.text()}`)
  const renewed = await operator(`tenants/${slug}/api-keys`, { name: 'guided call', role: 'owner' })
  if (!renewed.ok)
    throw new Error(`no owner key for tenant ${slug}: ${renewed.status} ${await renewed.text()}`)
  return { ownerKey: CreatedApiKey.parse(await renewed.json()).key, isNew: false }
}
