// Whether two zips of one layout hold the same members: deflated data ends in bits that say nothing.
import { inflateRawSync } from 'node:zlib'

export function saySame(zip, altered) {
  const [one, other] = [Buffer.from(zip), Buffer.from(altered)]
  for (const { start, end, isDeflated } of dataOf(zip)) {
    if (
      !contentOf(zip, start, end, isDeflated)?.equals(
        contentOf(altered, start, end, isDeflated) ?? Buffer.from('none'),
      )
    )
      return false
    one.fill(0, start, end)
    other.fill(0, start, end)
  }
  return one.equals(other)
}

function contentOf(zip, start, end, isDeflated) {
  const bytes = zip.subarray(start, end)
  try {
    return isDeflated ? inflateRawSync(bytes) : bytes
  } catch {
    return null
  }
}

/** The members of a zip by name. */
export const membersOf = (zip) =>
  new Map(
    dataOf(zip).map(({ name, start, end, isDeflated }) => [name, contentOf(zip, start, end, isDeflated)]),
  )

/** Where the data of each member lies, by the directory. */
function dataOf(zip) {
  const found = []
  let at = zip.readUInt32LE(zip.length - 6)
  for (let left = zip.readUInt16LE(zip.length - 12); left > 0; left -= 1) {
    const nameBytes = zip.readUInt16LE(at + 28)
    const start = zip.readUInt32LE(at + 42) + 30 + nameBytes
    const name = zip.toString('latin1', at + 46, at + 46 + nameBytes)
    found.push({
      name,
      start,
      end: start + zip.readUInt32LE(at + 20),
      isDeflated: zip.readUInt16LE(at + 10) === 8,
    })
    at += 46 + nameBytes
  }
  return found
}
