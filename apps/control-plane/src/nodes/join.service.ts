import { createHmac } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { JoinAnswer, JoinRequest } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { Clock } from '../clock.ts'
import { badRequest, unauthorized } from '../http/problem.ts'
import { isSameText, newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'

const CLOCK_WINDOW_MS = 60_000

/** Lets a gateway in that knows the join secret, and proves to it that this side knows it too. */
@Injectable()
export class JoinService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    private readonly bundleKeys: BundleKeys,
  ) {}

  /** Called before the body is looked at. @throws 401 */
  requireSecret(sent: readonly string[], rawBody: Uint8Array): void {
    if (sent.length !== 1 || !isSameText(sent[0] ?? '', this.#mac(rawBody))) throw unauthorized()
  }

  async join(request: JoinRequest): Promise<JoinAnswer> {
    const nowMs = this.clock.nowMs()
    if (Math.abs(nowMs - request.atMs) > CLOCK_WINDOW_MS)
      throw badRequest('the clocks differ by more than a minute')
    if (Buffer.from(request.publicKey, 'base64url').length !== 32)
      throw badRequest('publicKey is not an Ed25519 key')
    const { name, publicKey, leaseKey, origin, build } = request
    const node = await this.platform.joinNode({
      id: newId('nod', nowMs),
      name,
      publicKey,
      leaseKey,
      origin,
      build,
    })
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
