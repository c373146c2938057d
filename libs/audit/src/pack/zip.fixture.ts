import { crc32, deflateRawSync } from 'node:zlib'

// A zip as docs/pack.md has it, and hooks to make one that is not.

export type ZipEntry = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly stored?: boolean
  /** sizes and checksum stand after the data, as a stream writes them */
  readonly described?: boolean
  /** of the deflated bytes something else */
  readonly packed?: (bytes: Buffer) => Buffer
  /** of the entry in the directory something else */
  readonly listed?: (bytes: Buffer) => Buffer
}

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { before, data, after, central } = partsOf(entry, offset)
    parts.push(before, data, after)
    directory.push(entry.listed?.(central) ?? central)
    offset += before.length + data.length + after.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listing, end])
}

/** The members of a pack, in their order. */
export const zipOfMembers = (members: ReadonlyMap<string, Uint8Array>): Buffer =>
  zipOf([...members].map(([name, bytes], at) => ({ name, bytes, described: at % 2 === 0 })))

function partsOf(entry: ZipEntry, offset: number) {
  const { bytes, stored = false, described = false } = entry
  const name = Buffer.from(entry.name)
  const deflated = stored ? Buffer.from(bytes) : deflateRawSync(bytes)
  const data = entry.packed?.(deflated) ?? deflated
  const sums = Buffer.alloc(12)
  sums.writeUInt32LE(crc32(bytes), 0)
  sums.writeUInt32LE(data.length, 4)
  sums.writeUInt32LE(bytes.length, 8)
  const said = Buffer.alloc(10)
  said.writeUInt16LE(20, 0)
  said.writeUInt16LE(described ? 0x0808 : 0x0800, 2)
  said.writeUInt16LE(stored ? 0 : 8, 4)
  const lengths = Buffer.alloc(4)
  lengths.writeUInt16LE(name.length, 0)
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(0o100644 * 65_536, 6)
  rest.writeUInt32LE(offset, 10)
  return {
    before: Buffer.concat([
      Buffer.from('PK\x03\x04'),
      said,
      described ? Buffer.alloc(12) : sums,
      lengths,
      name,
    ]),
    data,
    after: described ? Buffer.concat([Buffer.from('PK\x07\x08'), sums]) : Buffer.alloc(0),
    central: Buffer.concat([Buffer.from('PK\x01\x02\x3f\x03'), said, sums, lengths, rest, name]),
  }
}
