import 'reflect-metadata'
import { parseArgs } from 'node:util'
import { NewTenant } from '@writ/contracts'
import { ConfigError, createLog, loadConfig } from '@writ/runtime'
import { createApplication } from './application.ts'
import { systemClock } from './clock.ts'
import { ConfigSchema, environment } from './config.ts'
import { codeOf, UNIQUE_VIOLATION } from './error-code.ts'
import { ProblemError } from './http/problem.ts'
import { openOutside } from './open-outside.ts'
import { TenantsService } from './tenants/tenants.service.ts'

const USAGE = 'usage: bootstrap --slug <slug> --name <name>'

/** Creates a tenant and prints its owner key, this once. Exit status 2: the slug is taken. */
async function run(): Promise<void> {
  const { values } = parseArgs({ options: { slug: { type: 'string' }, name: { type: 'string' } } })
  const tenant = NewTenant.safeParse(values)
  if (!tenant.success) throw new Error(USAGE)
  const log = createLog('bootstrap', 'warn')
  const { outside, close } = await openOutside(loadConfig(ConfigSchema, environment()), systemClock, log)
  const app = await createApplication(outside, log)
  await app.init()
  try {
    const created = await app.get(TenantsService).create(tenant.data)
    console.log(JSON.stringify({ tenant: created.tenant, ownerKey: created.ownerKey.key }))
  } finally {
    await app.close()
    await close()
  }
}

run().catch((error: unknown) => {
  console.error(messageOf(error))
  process.exitCode = isTaken(error) ? 2 : 1
})

const isTaken = (error: unknown): boolean => codeOf(error) === UNIQUE_VIOLATION

function messageOf(error: unknown): string {
  if (isTaken(error)) return 'a tenant with this slug exists already'
  if (error instanceof ConfigError || error instanceof ProblemError) return error.message
  return error instanceof Error ? error.message : 'the tenant could not be created'
}
