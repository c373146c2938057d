import { createHmac, createPublicKey } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { statementHolds } from '@writ/audit'
import type { JoinAnswer, JoinRequest, PublicJwk } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { Clock } from '../clock.ts'
import { badRequest, unauthorized } from '../http/problem.ts'
import type { RimRequest, Seal } from '../http/request.ts'
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

  /** Made before the body is read and asked before it is parsed: the sender knows the join secret. @throws 401 */
  sealOf(request: RimRequest): Seal {
    const mac = onlyField(request, 'writ-join', /^[A-Za-z0-9_-]{43}$/)
    onlyField(request, PROOF_FIELD, SIGNATURE)
    return (rawBody) => {
      if (!isSameText(mac, this.#mac(rawBody))) throw unauthorized()
    }
  }

  /** The secret is the same for all gateways, so it must not be enough to speak for the key of another one. @throws 401 */
  requireProof(request: RimRequest, rawBody: Uint8Array, publicKey: string): void {
    const proof = onlyField(request, PROOF_FIELD, SIGNATURE)
    if (!statementHolds(Buffer.from(rawBody).toString('utf8'), proof, publicKey)) throw unauthorized()
  }

  async join(request: JoinRequest): Promise<JoinAnswer> {
    const nowMs = this.clock.nowMs()
    if (Math.abs(nowMs - request.atMs) > CLOCK_WINDOW_MS)
      throw badRequest('the clocks differ by more than a minute')
    if (Buffer.from(request.publicKey, 'base64url').length !== 32)
      throw badRequest('publicKey is not an Ed25519 key')
    if (!isOnCurve(request.leaseKey)) throw badRequest('leaseKey is not a P-256 key')
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

const PROOF_FIELD = 'writ-node-proof'
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/

function onlyField({ raw }: RimRequest, name: string, form: RegExp): string {
  const [value, ...others] = raw.headersDistinct[name] ?? []
  if (value === undefined || others.length > 0 || !form.test(value)) throw unauthorized()
  return value
}

function isOnCurve(key: PublicJwk): boolean {
  try {
    createPublicKey({ key, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
