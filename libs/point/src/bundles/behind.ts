/** Which tenants have, or may have, a newer bundle than the one that decides for them here, and since when. */
export class Behind {
  readonly #monotonicMs: () => number
  readonly #tenants = new Map<string, { readonly version: number; readonly sinceMs: number }>()

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  fell(slug: string, version: number): void {
    const before = this.#tenants.get(slug)
    const sinceMs = before?.sinceMs ?? this.#monotonicMs()
    this.#tenants.set(slug, { version: Math.max(version, before?.version ?? 0), sinceMs })
  }

  /** @param version what decides here by now; one that is newer still is not forgotten by it */
  caughtUp(slug: string, version: number): void {
    if ((this.versionOf(slug) ?? 0) <= version) this.#tenants.delete(slug)
  }

  /** The newest version that is known of and not applied; null where there is none such. */
  versionOf(slug: string): number | null {
    return this.#tenants.get(slug)?.version ?? null
  }

  /** 0 for a tenant that is not behind. */
  forMs(slug: string): number {
    const tenant = this.#tenants.get(slug)
    return tenant ? this.#monotonicMs() - tenant.sinceMs : 0
  }

  versions(): { readonly slug: string; readonly version: number }[] {
    return [...this.#tenants].map(([slug, { version }]) => ({ slug, version }))
  }
}
