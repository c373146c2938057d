import { Injectable } from '@nestjs/common'
import type { OnApplicationBootstrap } from '@nestjs/common'
import { Bundle } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { BundleHead } from '@writ/postgres'
import { Faults } from '../faults.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { payloadOf } from './current-bundle.ts'
import { Mint } from './mint.ts'

/** After an upgrade the newest bundle of a tenant may have a form that nobody reads any more, or no key to seal names with: then it is made anew, at the first start. */
@Injectable()
export class Remint implements OnApplicationBootstrap {
  constructor(
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly mint: Mint,
    private readonly faults: Faults,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const heads = await this.platform.bundleHeads()
    for (const head of heads) if (!isCurrent(head)) await this.#renew(head)
  }

  // One tenant that cannot be helped must not keep the others, or this process, from starting.
  async #renew({ tenantId: id, slug }: BundleHead): Promise<void> {
    await this.tenancy
      .run({ id, slug }, (db) => this.mint.mint(db))
      .catch((error: unknown) => this.faults.report('a bundle of before could not be made anew', error))
  }
}

function isCurrent({ signed }: BundleHead): boolean {
  const { data } = Bundle.safeParse(payloadOf(signed))
  return data !== undefined && (data.humans.length === 0 || data.humans.some(({ subject }) => subject))
}
