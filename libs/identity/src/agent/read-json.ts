/** Longest document that is read, in bytes. */
const MAX_BYTES = 256 * 1024

/** The body of an answer by a server that is not trusted yet. @returns undefined where it is no JSON, or too long */
export async function readJson(response: Response): Promise<unknown> {
  const text = await readText(response)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  const reader = body?.getReader()
  for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
    sizeBytes += step.value.length
    if (sizeBytes > MAX_BYTES) {
      // Not waited for: of a clone it settles only when the original is let go as well.
      void reader?.cancel().catch(() => undefined)
      return undefined
    }
    chunks.push(step.value)
  }
  return Buffer.concat(chunks).toString()
}
