import { Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { RimRequest } from '../http/request.ts'
import { Settings } from '../settings.ts'

/** `session`: who is signed in. `sign-in`: a sign-in under way. */
export type CookieKind = 'session' | 'sign-in'

const NAMES: Readonly<Record<CookieKind, string>> = { session: 'writ', 'sign-in': 'writ-sign-in' }

/**
 * The cookies of this origin: for no script, for no other site's requests but a plain navigation, and on https under the `__Host-`
 * prefix, so that no other host of the domain can set them. Loopback http is the only place without `Secure`.
 */
@Injectable()
export class Cookies {
  readonly #isSecure: boolean

  constructor(settings: Settings) {
    this.#isSecure = settings.origin.startsWith('https:')
  }

  /** @returns null without it, and where it is there twice: which one counts would be a guess */
  read({ raw }: RimRequest, kind: CookieKind): string | null {
    const wanted = `${this.#nameOf(kind)}=`
    const found = (raw.headersDistinct['cookie'] ?? [])
      .flatMap((field) => field.split(';'))
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(wanted))
    return found.length === 1 ? (found[0]?.slice(wanted.length) ?? null) : null
  }

  set(reply: FastifyReply, kind: CookieKind, value: string, maxAgeSeconds: number): void {
    const parts = [
      `${this.#nameOf(kind)}=${value}`,
      'Path=/',
      `Max-Age=${maxAgeSeconds}`,
      'HttpOnly',
      'SameSite=Lax',
    ]
    void reply.header('set-cookie', [...parts, ...(this.#isSecure ? ['Secure'] : [])].join('; '))
  }

  clear(reply: FastifyReply, kind: CookieKind): void {
    this.set(reply, kind, '', 0)
  }

  #nameOf(kind: CookieKind): string {
    return this.#isSecure ? `__Host-${NAMES[kind]}` : NAMES[kind]
  }
}
