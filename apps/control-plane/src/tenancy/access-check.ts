import { Injectable } from '@nestjs/common'
import type { Role } from '@writ/contracts'
import { forbidden, unauthorized } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { isSameText } from '../ids-and-secrets.ts'
import { NodeSignatures } from '../nodes/node-signatures.ts'
import { Settings } from '../settings.ts'
import { suffices } from './access.ts'
import type { AccessLevel } from './access.ts'
import { ApiKeyDoor } from './api-key-door.ts'

/** Lets a request in at an access level, and notes on it whose it is. */
@Injectable()
export class AccessCheck {
  constructor(
    private readonly settings: Settings,
    private readonly apiKeys: ApiKeyDoor,
    private readonly nodes: NodeSignatures,
  ) {}

  /** @throws 401, or 403 for a key that may not do this */
  async admit(request: RimRequest, level: AccessLevel): Promise<void> {
    switch (level) {
      case 'public':
        return
      case 'operator':
        return this.#admitOperator(request)
      case 'node':
        request.node = await this.nodes.verify(request)
        return
      case 'owner':
      case 'admin':
      case 'auditor':
        await this.#admitRole(request, level)
    }
  }

  #admitOperator(request: RimRequest): void {
    const sent = bearerOf(request) ?? ''
    if (!isSameText(sent, this.settings.operatorKey)) throw unauthorized()
  }

  async #admitRole(request: RimRequest, wanted: Role): Promise<void> {
    const key = bearerOf(request)
    const admission = key === null ? null : await this.apiKeys.admit(key)
    if (!admission) throw unauthorized()
    if (!suffices(admission.role, wanted)) throw forbidden(`this needs an API key of role ${wanted}`)
    request.admission = admission
  }
}

// Two Authorization fields are no field: which one counts would be a guess.
function bearerOf({ raw }: RimRequest): string | null {
  const fields = raw.headersDistinct['authorization'] ?? []
  const [scheme, key, ...rest] = (fields.length === 1 ? (fields[0] ?? '') : '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key && rest.length === 0 ? key : null
}
