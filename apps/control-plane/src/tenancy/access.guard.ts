import { Injectable } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Role } from '@writ/contracts'
import { forbidden, unauthorized } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { isSameText } from '../ids-and-secrets.ts'
import { NodeSignatures } from '../nodes/node-signatures.ts'
import { Settings } from '../settings.ts'
import { Access, suffices } from './access.ts'
import { ApiKeyDoor } from './api-key-door.ts'

/** Every request passes here; a route that does not say who may call it is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly settings: Settings,
    private readonly apiKeys: ApiKeyDoor,
    private readonly nodes: NodeSignatures,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RimRequest>()
    const access = this.reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()])
    switch (access) {
      case 'public':
        return true
      case 'operator':
        return this.#admitOperator(request)
      case 'node':
        request.node = await this.nodes.verify(request)
        return true
      case 'owner':
      case 'admin':
      case 'auditor':
        return this.#admitRole(request, access)
      default:
        throw new Error('a route without an access level')
    }
  }

  #admitOperator(request: RimRequest): true {
    const sent = bearerOf(request) ?? ''
    if (!isSameText(sent, this.settings.operatorKey)) throw unauthorized()
    return true
  }

  async #admitRole(request: RimRequest, wanted: Role): Promise<true> {
    const key = bearerOf(request)
    const admission = key === null ? null : await this.apiKeys.admit(key)
    if (!admission) throw unauthorized()
    if (!suffices(admission.role, wanted)) throw forbidden(`this needs an API key of role ${wanted}`)
    request.admission = admission
    return true
  }
}

// Two Authorization fields are no field: which one counts would be a guess.
function bearerOf({ raw }: RimRequest): string | null {
  const fields = raw.headersDistinct['authorization'] ?? []
  const [scheme, key, ...rest] = (fields.length === 1 ? (fields[0] ?? '') : '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key && rest.length === 0 ? key : null
}
