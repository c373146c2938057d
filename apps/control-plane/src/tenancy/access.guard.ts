import { Injectable } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { RimRequest } from '../http/request.ts'
import { AccessCheck } from './access-check.ts'
import { Access } from './access.ts'

/** Every request passes here; a route that does not say who may call it is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: AccessCheck,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RimRequest>()
    const level = this.reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()])
    if (level === undefined) throw new Error('a route without an access level')
    await this.access.admit(request, level)
    return true
  }
}
