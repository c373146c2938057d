import { PackImpossible } from './work.ts'
import type { Written } from './zip.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** docs/pack.md: a pack is no zip64 archive. */
export const LARGEST_BYTES = 2 ** 32 - 1 - MIB

/** docs/pack.md: what verifiers read of these members, which they hold in memory. */
const LARGEST: ReadonlyMap<string, number> = new Map([
  ['manifest.json', 16 * MIB],
  ['manifest.jws', 32 * MIB],
  ['streams.json', 64 * MIB],
  ['checkpoint.note', 64 * KIB],
  ['consistency.json', 64 * KIB],
  ['range-proof.json', 64 * KIB],
  ['trust.json', MIB],
])

/** @throws PackImpossible for a member that is larger than a verifier takes it: the pack would not hold, whatever is in it */
export function requireReadable({ name, sizeBytes }: Written): void {
  const most = LARGEST.get(name) ?? LARGEST_BYTES
  if (sizeBytes > most)
    throw new PackImpossible(
      `${name} would be larger than the ${most} bytes that it may have: ask for a smaller range`,
    )
}
