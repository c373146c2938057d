import type { PackageEcosystem } from '@writ/contracts'

/** One package as something would install it. `version`: null where it is not pinned to one. */
export type PackageName = {
  readonly ecosystem: PackageEcosystem
  readonly name: string
  readonly version: string | null
}

/** What is known of a package. */
export type PackageStanding = {
  /** the public reports say so of the package, or of this version of it */
  readonly isMalicious: boolean
  /** the well-known package that it is taken for, where the names are confusable */
  readonly twin: string | null
  /** well known itself, or on the tenant's own list */
  readonly isKnown: boolean
  /** what the tenant's lists say */
  readonly ruled: 'allow' | 'deny' | null
  /** how long the version has been public; null: nobody here has seen it */
  readonly ageHours: number | null
  /** younger than the tenant wants packages to be; false where the age is not known */
  readonly isYoung: boolean
}

/** What is known of packages, without a network: answers in microseconds. */
export type PackageKnowledge = { readonly standingOf: (wanted: PackageName) => PackageStanding }

export const UNKNOWN_PACKAGE: PackageStanding = {
  isMalicious: false,
  twin: null,
  isKnown: false,
  ruled: null,
  ageHours: null,
  isYoung: false,
}

/** Of a device that was given no intelligence. */
export const NO_PACKAGE_KNOWLEDGE: PackageKnowledge = { standingOf: () => UNKNOWN_PACKAGE }
