import { createHmac } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { JoinAnswer, JoinRequest } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { Clock } from '../clock.ts'
import { conflict, unauthorized } from '../http/problem.ts'
import type { RimRequest, Seal } from '../http/request.ts'
import { isSameText, newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { Endorsements, gatewayOf } from './endorsements.ts'
import { nodeProofOf, onlyField, requireSoundJoin } from './node-keys.ts'

/** Lets a gateway in that knows the join secret, and proves to it that this side knows it too. */
@Injectable()
export class JoinService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    private readonly bundleKeys: BundleKeys,
    private readonly endorsements: Endorsements,
  ) {}

  /** Made before the body is read and asked before it is parsed: the sender knows the join secret. @throws 401 */
  sealOf(request: RimRequest): Seal {
    const mac = onlyField(request, 'writ-join', /^[A-Za-z0-9_-]{43}$/)
    nodeProofOf(request)
    return (rawBody) => {
      if (!isSameText(mac, this.#mac(rawBody))) throw unauthorized()
    }
  }

  /** @throws 409 for the key of a node that is no gateway */
  async join(request: JoinRequest): Promise<JoinAnswer> {
    const nowMs = this.clock.nowMs()
    requireSoundJoin(request, nowMs)
    const { name, publicKey, leaseKey, origin, build } = request
    const node = await this.platform.joinNode({
      id: newId('nod', nowMs),
      name,
      publicKey,
      leaseKey,
      origin,
      build,
    })
    if (!node) throw conflict('this is the key of a node that is no gateway')
    await this.platform.endorseNode(node.id, this.endorsements.of(gatewayOf(node)))
    return { node: node.id, bundleKeys: await this.bundleKeys.trusted() }
  }

  /** Authenticates the answer to the one who asked, and to nobody who asked before. */
  answerMac(nonce: string, answer: string): string {
    return this.#mac(`${nonce}\n${answer}`)
  }

  #mac(text: string | Uint8Array): string {
    return createHmac('sha256', this.settings.joinSecret).update(text).digest('base64url')
  }
}
