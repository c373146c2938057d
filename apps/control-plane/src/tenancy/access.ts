import { Reflector } from '@nestjs/core'
import { Permission } from '@writ/contracts'

/**
 * Who may call a route: anyone, a joined gateway, a device of the tenant that the path names, the operator of the platform, a tenant's directory (SCIM), or whoever has a role
 * with that permission. A route without it is closed.
 */
export const Access = Reflector.createDecorator<AccessLevel>()
export type AccessLevel = 'public' | 'node' | 'device' | 'operator' | 'directory' | Permission

/** What a suspended tenant's owners may do besides reading. */
export const WhileSuspended = Reflector.createDecorator<boolean>()

/** Whether it takes a role of a tenant to call a route of that level. */
export const isPermission = (level: AccessLevel): level is Permission => PERMISSIONS.has(level)

const PERMISSIONS: ReadonlySet<string> = new Set(Permission.options)
