import { z } from 'zod'

/** What somebody may do to a tenant. A route names exactly one; reading is apart from writing. */
export const Permission = z.enum([
  'tenant.read',
  'tenant.write',
  'tenant.delete',
  'agents.read',
  'agents.write',
  'humans.read',
  'humans.write',
  /** destroys the key that opens what records say of a human; nothing brings it back */
  'humans.erase',
  'roles.write',
  'groups.read',
  'groups.write',
  'policies.read',
  'policies.write',
  'connections.read',
  'connections.write',
  'tools.read',
  'tools.write',
  'approvals.read',
  'approvals.decide',
  'sessions.read',
  'sessions.end',
  'records.read',
  'records.export',
  /** how long records are kept, and which of them must not be removed */
  'records.retain',
  /** to see opened what records say of humans: their names, and excerpts of their calls */
  'personal.read',
  'findings.read',
  'keys.read',
  'keys.write',
  'sso.read',
  'sso.write',
  'outlets.read',
  'outlets.write',
])
export type Permission = z.infer<typeof Permission>

/** owner: everything. admin: everything but keys, roles, sign-in, erasure, retention and the end of the tenant. The others: their own trade, and what it takes to see it. */
export const Role = z.enum(['owner', 'admin', 'security', 'approver', 'auditor', 'developer'])
export type Role = z.infer<typeof Role>

const READS: readonly Permission[] = Permission.options.filter((permission) => permission.endsWith('.read'))
const withoutKeys = (permission: Permission): boolean =>
  !['keys.write', 'roles.write', 'sso.write', 'tenant.delete', 'humans.erase', 'records.retain'].includes(
    permission,
  )

/** The one table of who may do what. `developer`: agents and sessions of their own only; the services hold them to it. */
export const PERMISSIONS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set(Permission.options),
  admin: new Set(Permission.options.filter(withoutKeys)),
  security: new Set<Permission>([
    ...READS,
    'policies.write',
    'tools.write',
    'sessions.end',
    'records.export',
    'records.retain',
  ]),
  approver: new Set<Permission>([
    'tenant.read',
    'agents.read',
    'humans.read',
    'groups.read',
    'policies.read',
    'tools.read',
    'approvals.read',
    'approvals.decide',
    'sessions.read',
  ]),
  auditor: new Set<Permission>([...READS, 'records.export']),
  developer: new Set<Permission>([
    'tenant.read',
    'agents.read',
    'agents.write',
    'groups.read',
    'policies.read',
    'connections.read',
    'tools.read',
    'sessions.read',
    'sessions.end',
  ]),
}

/** Whether any of the roles may do it. */
export const mayDo = (roles: readonly Role[], permission: Permission): boolean =>
  roles.some((role) => PERMISSIONS[role].has(permission))
