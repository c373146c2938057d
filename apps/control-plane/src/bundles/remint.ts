import { Injectable } from '@nestjs/common'
import type { OnApplicationBootstrap } from '@nestjs/common'
import { isBundleFault, openBundle } from '@writ/bundle'
import type { BundleKey } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { BundleHead } from '@writ/postgres'
import { Faults } from '../faults.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { BundleKeys } from './bundle-keys.ts'
import { Mint } from './mint.ts'

/**
 * After an upgrade the newest bundle of a tenant may have a form that nobody reads any more, or no key to seal names with; and what stands in the
 * database may be damaged, or signed by somebody else. Then it is made anew, at the first start.
 */
@Injectable()
export class Remint implements OnApplicationBootstrap {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly mint: Mint,
    private readonly keys: BundleKeys,
    private readonly faults: Faults,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const keys = await this.keys.trusted()
    // One bundle at a time: all of them at once would not fit into memory.
    for (const tenant of await this.platform.bundleVersions()) {
      const head = await this.platform.bundleBySlug(tenant.slug)
      if (head && !(await isCurrent(head, keys))) await this.#renew(head)
    }
  }

  // One tenant that cannot be helped must not keep the others, or this process, from starting.
  async #renew({ tenantId: id, slug }: BundleHead): Promise<void> {
    await this.tenancy
      .run({ id, slug }, (db) => this.mint.mint(db))
      .catch((error: unknown) => this.faults.report('a bundle of before could not be made anew', error))
  }
}

async function isCurrent(
  { slug, version, signed }: BundleHead,
  keys: readonly BundleKey[],
): Promise<boolean> {
  const opened = await openBundle(signed, keys, { tenant: slug, version, sha256: null })
  if (isBundleFault(opened)) return false
  const { humans } = opened.bundle
  return humans.length === 0 || humans.some(({ subject }) => subject)
}
