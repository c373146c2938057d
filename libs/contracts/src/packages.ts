import { z } from 'zod'

/** Where packages come from, as policies and lists name it: `npm/left-pad`. */
export const PackageEcosystem = z.enum([
  'npm',
  'pypi',
  'crates',
  'go',
  'rubygems',
  'packagist',
  'nuget',
  'maven',
  'system',
  'editor',
  'image',
  'other',
])
export type PackageEcosystem = z.infer<typeof PackageEcosystem>

const Base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/)

/**
 * What is known of packages before anybody asks, `writ.packages.v1`: reduced from public reports, so that a device needs no network.
 * `malicious`: the first 64 bits of SHA-256 of `ecosystem/name` (every version) and of `ecosystem/name@version`, big-endian, sorted as
 * unsigned numbers without duplicates, 8 bytes each, base64. `popular`: names that others are taken for, most used first. Names are in
 * their ecosystem's normal form (`normalName` of `@writ/actions`).
 */
export const PackageIntelligence = z.strictObject({
  format: z.literal('writ.packages.v1'),
  /** what it was made from, for people */
  title: z.string().max(200),
  madeAt: z.iso.datetime(),
  sources: z.array(z.string().max(256)).max(64),
  ecosystems: z.partialRecord(
    PackageEcosystem,
    z.strictObject({
      malicious: Base64,
      popular: z.array(z.string().max(256)).max(50_000),
    }),
  ),
})
export type PackageIntelligence = z.infer<typeof PackageIntelligence>

/** Of an advisory in OSV form (https://ossf.github.io/osv-schema), what is read of it; other members may stand beside. */
export const OsvAdvisory = z.object({
  id: z.string(),
  withdrawn: z.unknown().optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string() }),
        versions: z.array(z.string()).default([]),
        ranges: z.array(z.object({ events: z.array(z.record(z.string(), z.unknown())) })).default([]),
      }),
    )
    .default([]),
})
