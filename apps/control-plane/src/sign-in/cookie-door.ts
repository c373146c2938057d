import { Injectable } from '@nestjs/common'
import { TenantId } from '@writ/contracts'
import type { RimRequest } from '../http/request.ts'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import { Settings } from '../settings.ts'
import type { Admission, Tenant } from '../tenancy/admission.ts'
import { HumanDoor } from '../tenancy/human-door.ts'
import type { SignedIn } from '../tenancy/human-door.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { Cookies } from './cookies.ts'
import { derived, HumanSessions } from './human-sessions.ts'
import type { HumanSession } from './human-sessions.ts'
import { isFromOwnPage, mayRead } from './same-site.ts'

/** How long after proving who they are a human may change what opens doors: keys, roles, policies, connections, sign-in. */
export const FRESH_MS = 15 * 60_000

/** Lets humans in by the cookie of their session. */
@Injectable()
export class CookieDoor extends HumanDoor {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly cookies: Cookies,
    private readonly sessions: HumanSessions,
  ) {
    super()
  }

  override async admit(request: RimRequest): Promise<Admission | null> {
    if (!this.#isOwnRequest(request)) return null
    const found = await this.#find(request)
    return found && this.#admissionOf(found)
  }

  override async signedIn(request: RimRequest, tenantSlug: string): Promise<SignedIn | null> {
    const found = await this.#find(request)
    if (found?.tenant.slug !== tenantSlug) return null
    const { human, name, email, roles, authTimeMs, amr } = found.session
    const authTime = authTimeMs === null ? null : Math.floor(authTimeMs / 1000)
    return { human, name, email, roles, authTime, amr, formToken: derived(found.secret, 'form') }
  }

  // A form of another site can neither set this header nor say that it comes from here.
  #isOwnRequest(request: RimRequest): boolean {
    if (request.method === 'GET' || request.method === 'HEAD') return mayRead(request)
    return request.headers['x-writ'] === '1' && isFromOwnPage(request, this.settings.origin)
  }

  async #find(request: RimRequest): Promise<Found | null> {
    const presented = sessionCookieOf(this.cookies.read(request, 'session'))
    if (!presented) return null
    const { tenantId, secret } = presented
    try {
      return await this.tenancy.runById(tenantId, async (db) => {
        const session = await this.sessions.find(db, secret, !isStream(request))
        return session && { tenant: db.tenant, session, secret }
      })
    } catch (error) {
      if (error instanceof ProblemError) return null
      throw error
    }
  }

  #admissionOf({ tenant, session }: Found): Admission {
    const { human, name, roles, authTimeMs } = session
    return {
      tenantId: tenant.id,
      roles,
      by: { kind: 'human', id: human, name },
      human,
      isFresh: authTimeMs !== null && this.clock.nowMs() - authTimeMs <= FRESH_MS,
    }
  }
}

/** Goes on, and begins anew where it broke off, while nobody is there. */
const isStream = ({ routeOptions: { url = '' } }: RimRequest): boolean => url.endsWith('/records/live')

type Found = { readonly tenant: Tenant; readonly session: HumanSession; readonly secret: string }

/** `<tenant id>.<secret>`: which tenant's sessions to look in, and what to look for. */
export function sessionCookieOf(value: string | null): { tenantId: TenantId; secret: string } | null {
  const [tenant, secret, ...rest] = (value ?? '').split('.')
  const tenantId = TenantId.safeParse(tenant)
  if (!tenantId.success || secret === undefined || rest.length > 0) return null
  return /^[A-Za-z0-9_-]{43}$/.test(secret) ? { tenantId: tenantId.data, secret } : null
}
