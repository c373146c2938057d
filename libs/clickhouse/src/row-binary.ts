/** Rows in the format RowBinary: numbers in little-endian order, texts and lists behind their length. */
export type BinaryValue =
  | { readonly uint64: number }
  | { readonly uint16: number }
  | { readonly bytes: Uint8Array }
  | { readonly int32s: readonly number[] }
  | { readonly texts: readonly string[] }

export const rowBinary = (values: readonly BinaryValue[]): Buffer => Buffer.concat(values.map(binaryOf))

function binaryOf(value: BinaryValue): Buffer {
  if ('uint64' in value) return fixed(8, (bytes) => bytes.writeBigUInt64LE(BigInt(value.uint64)))
  if ('uint16' in value) return fixed(2, (bytes) => bytes.writeUInt16LE(value.uint16))
  if ('bytes' in value) return lengthAnd(value.bytes)
  if ('texts' in value)
    return Buffer.concat([
      varint(value.texts.length),
      ...value.texts.map((text) => lengthAnd(Buffer.from(text))),
    ])
  return Buffer.concat([
    varint(value.int32s.length),
    ...value.int32s.map((number) => fixed(4, (bytes) => bytes.writeInt32LE(number))),
  ])
}

function fixed(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  write(bytes)
  return bytes
}

const lengthAnd = (bytes: Uint8Array): Buffer => Buffer.concat([varint(bytes.length), bytes])

/** LEB128, unsigned. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}
