import { Reflector } from '@nestjs/core'
import type { Role } from '@writ/contracts'

/**
 * Who may call a route: anyone, a joined node, the operator of the platform, or an API key of at least that role.
 * A route without it is closed.
 */
export const Access = Reflector.createDecorator<AccessLevel>()
export type AccessLevel = 'public' | 'node' | 'operator' | Role

/** Owner everything; admin all but API keys; auditor reads. */
export const suffices = (role: Role, wanted: Role): boolean => RANK[role] >= RANK[wanted]

const RANK: Readonly<Record<Role, number>> = { auditor: 0, admin: 1, owner: 2 }
