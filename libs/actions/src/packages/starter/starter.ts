import { PackageEcosystem, type PackageIntelligence } from '@writ/contracts'
import { makeIntelligence, type Report } from '../make-intelligence.ts'
import { STARTER_MALICIOUS } from './malicious.ts'
import { STARTER_POPULAR } from './popular.ts'

/** A starter, for a device that was given nothing better: some cases of the past and a few hundred names. It is not kept up to date. */
export const starterIntelligence = (): PackageIntelligence =>
  makeIntelligence({
    title: 'Starter: public cases of the past, not a feed',
    madeAt: '2026-01-01T00:00:00Z',
    sources: ['public reports of past cases'],
    reports: reportsOf(STARTER_MALICIOUS),
    popular: STARTER_POPULAR,
  })

const reportsOf = (lists: typeof STARTER_MALICIOUS): readonly Report[] =>
  Object.entries(lists).flatMap(([ecosystem, names]) =>
    names.map((one) => {
      const at = one.indexOf('@', 1)
      return {
        ecosystem: PackageEcosystem.parse(ecosystem),
        name: at === -1 ? one : one.slice(0, at),
        versions: at === -1 ? null : one.slice(at + 1).split(' '),
      }
    }),
  )
