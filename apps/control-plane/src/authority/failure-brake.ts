import { Injectable } from '@nestjs/common'
import { Brakes, sourceOf } from '../http/brakes.ts'
import type { BrakeKind } from '../http/brakes.ts'
import { ProblemError } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { OAuthError } from './oauth-error.ts'

/** What belongs to the way, and is no failure. */
const STEPS: readonly string[] = ['use_dpop_nonce', 'authorization_pending']

/**
 * Runs what a stranger asks of a tenant's authority, and counts what fails by where it comes from. Only what fails is slowed down: nobody can
 * keep an agent from its token by failing in its name, or from its address.
 */
@Injectable()
export class FailureBrake {
  constructor(
    private readonly brakes: Brakes,
    private readonly tenancy: Tenancy,
  ) {}

  /**
   * In one transaction of the tenant. An OAuthError that `work` returns is thrown once what it did stands.
   * @throws as `work` does, for no tenant as in one where nothing is found; 429 or `slow_down` in their place once there were too many
   */
  async run<T>(
    {
      kind,
      slug,
      request,
    }: { readonly kind: BrakeKind; readonly slug: string; readonly request: RimRequest },
    work: (db: TenantDb, tenant: Tenant) => Promise<T | OAuthError>,
  ): Promise<T> {
    let tenant: Tenant | null = null
    try {
      const found = await this.tenancy.activeOrPhantom(slug)
      tenant = found
      const answer = await this.tenancy.run(found, (db) => work(db, found))
      if (answer instanceof OAuthError) throw answer
      return answer
    } catch (error) {
      if (isFailure(error)) await this.#count(kind, tenant, request, error)
      throw error
    }
  }

  async #count(kind: BrakeKind, tenant: Tenant | null, request: RimRequest, error: Error): Promise<void> {
    try {
      await this.brakes.take(kind, { tenant: tenant?.id ?? null, source: sourceOf(request) })
    } catch (braked) {
      if (error instanceof OAuthError && braked instanceof ProblemError)
        throw new OAuthError('slow_down', 'too many attempts: try again later', braked.headers)
      throw braked
    }
  }
}

const isFailure = (error: unknown): error is OAuthError | ProblemError =>
  error instanceof ProblemError
    ? error.headers['dpop-nonce'] === undefined
    : error instanceof OAuthError && !STEPS.includes(error.code)
