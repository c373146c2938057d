import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AccessGroupView, AgentView, ConnectionView, HumanView, pageOf, TenantView } from '@writ/contracts'
import type { Admin } from './control-plane.ts'
import { adminOf, openTenant } from './control-plane.ts'
import type { DemoConfig } from './config.ts'

export const TENANT = 'demo'
export const CONNECTION = 'customer-service'

export type DemoTenant = {
  readonly admin: Admin
  readonly tenant: TenantView
  readonly human: HumanView
  /** the group that nothing was given to */
  readonly quarantine: AccessGroupView
  readonly isNew: boolean
}

/** The upstream's API key: made once, kept in the state directory, mode 0600. */
export async function upstreamKey(stateDir: string): Promise<string> {
  return kept(
    join(stateDir, 'demo', 'upstream-api-key'),
    () => `cs_live_${randomBytes(24).toString('base64url')}`,
  )
}

/** Makes the tenant `demo` as the guide needs it. Each part is made only when it is missing, so a stop in the middle does no harm. */
export async function prepareTenant(
  config: DemoConfig,
  upstreamUrl: string,
  secret: string,
): Promise<DemoTenant> {
  const { ownerKey, isNew } = await ownerKeyOf(config)
  const admin = adminOf(config.WRIT_CONTROL_PLANE_URL, ownerKey)
  const tenant = await admin.get('tenant', TenantView)
  const human = await humanOf(admin)
  const quarantine = await quarantineOf(admin)
  await connect(admin, tenant, upstreamUrl, secret)
  return { admin, tenant, human, quarantine, isNew }
}

async function ownerKeyOf(config: DemoConfig): Promise<{ ownerKey: string; isNew: boolean }> {
  const file = join(config.WRIT_STATE_DIR, 'demo', 'owner-api-key')
  const known = await readFile(file, 'utf8').catch(() => null)
  if (known && (await isAccepted(config, known))) return { ownerKey: known, isNew: false }
  const opened = await openTenant(config.WRIT_CONTROL_PLANE_URL, config.WRIT_OPERATOR_KEY, TENANT)
  await writePrivate(file, opened.ownerKey)
  return opened
}

const isAccepted = (config: DemoConfig, key: string): Promise<boolean> =>
  adminOf(config.WRIT_CONTROL_PLANE_URL, key)
    .get('tenant', TenantView)
    .then(
      () => true,
      () => false,
    )

async function humanOf(admin: Admin): Promise<HumanView> {
  const { items } = await admin.get('humans', pageOf(HumanView))
  const ada = items.find(({ email }) => email === 'ada@demo.example')
  return ada ?? admin.send('POST', 'humans', { name: 'Ada', email: 'ada@demo.example' }, HumanView)
}

async function quarantineOf(admin: Admin): Promise<AccessGroupView> {
  const { items } = await admin.get('access-groups', pageOf(AccessGroupView))
  return (
    items.find(({ name }) => name === 'quarantine') ??
    admin.send('POST', 'access-groups', { name: 'quarantine' }, AccessGroupView)
  )
}

/** The upstream may have moved to another port since the last start. */
async function connect(admin: Admin, tenant: TenantView, url: string, secret: string): Promise<void> {
  const { items } = await admin.get('connections', pageOf(ConnectionView))
  const there = items.find(({ name }) => name === CONNECTION)
  const credential = { kind: 'api-key', header: 'x-api-key', secret }
  if (!there) {
    await admin.send(
      'POST',
      'connections',
      { name: CONNECTION, url, credential, groups: [tenant.defaultGroup] },
      ConnectionView,
    )
  } else if (there.url !== url) {
    await admin.send('PATCH', `connections/${there.id}`, { url }, ConnectionView)
  }
}

/** A new agent for this run of the guide, and the one-time token with which it enrols. */
export const newAgent = (admin: Admin, human: HumanView, name: string): Promise<AgentView> =>
  admin.send('POST', 'agents', { name, human: human.id }, AgentView)

async function kept(path: string, make: () => string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => null)
  if (known) return known
  const made = make()
  await writePrivate(path, made)
  return made
}

async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeFile(path, text, { mode: 0o600 })
}
