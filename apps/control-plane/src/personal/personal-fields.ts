import { Injectable } from '@nestjs/common'
import { createOpener, sealedIn } from '@writ/audit'
import type { SealedAt } from '@writ/audit'
import type { Disclosure } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { SubjectKeys } from './subject-keys.ts'

/** What of one record whoever may see it gets to see. `erased`: JSON pointers to what nobody can open any more. */
export type Disclosed = { readonly disclosures: Disclosure[]; readonly erased: string[] }

/** Opens what records say of humans. Whoever calls it has asked whether the reader may see it (`personal.read`). */
@Injectable()
export class PersonalFields {
  constructor(private readonly keys: SubjectKeys) {}

  /**
   * Of each record, in their order. What is no sealed value of this tenant, whatever it looks like, is left out.
   * Each key is opened once for all of them: ask for many at once, and not for so many that an erasure would have to wait.
   * @param isKept whether what is opened is written down: then an erasure at this moment comes before, or finds what was begun
   */
  async disclose(db: TenantDb, records: readonly unknown[], isKept = false): Promise<Disclosed[]> {
    const found = records.map((record) => sealedIn(record))
    const keys = found.flat().map(({ sealed }) => sealed.key)
    if (keys.length === 0) return found.map(() => ({ disclosures: [], erased: [] }))
    const secrets = await this.keys.secretsOf(db, keys, isKept)
    const open = createOpener((key) => {
      const secret = secrets.get(key)
      return secret === undefined || secret === 'destroyed' ? null : secret
    })
    const isErased = ({ sealed }: SealedAt): boolean => secrets.get(sealed.key) === 'destroyed'
    return found.map((places) => ({
      disclosures: places.flatMap(({ path, sealed }) => {
        const opened = open(sealed)
        return opened ? [{ path, ...opened }] : []
      }),
      erased: places.filter(isErased).map(({ path }) => path),
    }))
  }
}
