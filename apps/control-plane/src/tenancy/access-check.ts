import { Injectable } from '@nestjs/common'
import { mayDo } from '@writ/contracts'
import type { Permission } from '@writ/contracts'
import { Brakes, sourceOf } from '../http/brakes.ts'
import { forbidden, unauthorized } from '../http/problem.ts'
import type { ProblemError } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { isSameText } from '../ids-and-secrets.ts'
import { NodeSignatures } from '../nodes/node-signatures.ts'
import { Settings } from '../settings.ts'
import { isPermission } from './access.ts'
import type { AccessLevel } from './access.ts'
import type { Admission } from './admission.ts'
import { requireFresh } from './fresh.ts'
import { ApiKeyDoor } from './api-key-door.ts'
import { DirectoryDoor, HumanDoor } from './human-door.ts'

/** Lets a request in at an access level, and notes on it whose it is. */
@Injectable()
export class AccessCheck {
  // oxlint-disable-next-line max-params -- one for each way in
  constructor(
    private readonly settings: Settings,
    private readonly apiKeys: ApiKeyDoor,
    private readonly humans: HumanDoor,
    private readonly directories: DirectoryDoor,
    private readonly nodes: NodeSignatures,
    private readonly brakes: Brakes,
  ) {}

  /** @throws 401, 429 after too many of them, or 403 for whoever may not do this */
  async admit(request: RimRequest, level: AccessLevel): Promise<void> {
    if (isPermission(level)) {
      request.admission = await this.#admitTo(request, level)
      return
    }
    switch (level) {
      case 'public':
        return
      case 'operator':
        return this.#admitOperator(request)
      case 'node':
        request.node = await this.nodes.verify(request)
        return
      case 'device':
        request.device = await this.nodes.verifyDevice(request)
        return
      case 'directory':
        request.admission = await this.#directoryOf(request)
    }
  }

  async #admitOperator(request: RimRequest): Promise<void> {
    const sent = bearerOf(request) ?? ''
    if (!isSameText(sent, this.settings.operatorKey)) throw await this.#refusal(request)
  }

  async #directoryOf(request: RimRequest): Promise<Admission> {
    const token = bearerOf(request)
    const admission = token === null ? null : await this.directories.admit(token)
    if (!admission) throw await this.#refusal(request)
    return admission
  }

  async #admitTo(request: RimRequest, permission: Permission): Promise<Admission> {
    const admission = await this.#admissionOf(request)
    if (!admission) throw await this.#refusal(request)
    if (!mayDo(admission.roles, permission)) throw forbidden(`this needs the permission ${permission}`)
    requireFresh(admission, permission)
    return admission
  }

  // Only what fails is counted: whoever else comes from that address gets in with a key that holds.
  async #refusal(request: RimRequest): Promise<ProblemError> {
    await this.brakes.take('api-key', { tenant: null, source: sourceOf(request) })
    return unauthorized()
  }

  // A request that names a key is judged by that key alone.
  async #admissionOf(request: RimRequest): Promise<Admission | null> {
    if (request.raw.headersDistinct['authorization'] === undefined) return this.humans.admit(request)
    const key = bearerOf(request)
    return key === null ? null : this.apiKeys.admit(key)
  }
}

// Two Authorization fields are no field: which one counts would be a guess.
function bearerOf({ raw }: RimRequest): string | null {
  const fields = raw.headersDistinct['authorization'] ?? []
  const [scheme, key, ...rest] = (fields.length === 1 ? (fields[0] ?? '') : '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key && rest.length === 0 ? key : null
}
