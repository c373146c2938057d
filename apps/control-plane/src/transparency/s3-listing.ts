/** A request to a bucket; the path begins behind its name. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** Version of an object: its key, and what the store calls this version. */
export type S3Version = { readonly key: string; readonly versionId: string }

export type S3Wish = {
  readonly prefix: string
  /** entries that are asked for at once */
  readonly pageKeys: number
}

/** Keys as `ListObjectsV2` gives them, in their order. @throws where the store does not list */
export async function* latestNames(ask: Ask, { prefix, pageKeys }: S3Wish): AsyncIterable<string> {
  let token: string | undefined
  do {
    const text = await listed(ask, 'ListBucketResult', {
      'list-type': '2',
      prefix,
      'max-keys': String(pageKeys),
      ...(token !== undefined && { 'continuation-token': token }),
    })
    for (const [, key = ''] of text.matchAll(/<Key>([^<]+)<\/Key>/g)) yield key
    token = valueIn(text, 'NextContinuationToken')
  } while (token !== undefined)
}

/**
 * The first version that each key ever had, in the order of the keys (`ListObjectVersions`). Markers of deletion are none.
 * @returns null where the store has no versions
 * @throws where it does not list them
 */
export async function firstVersions(ask: Ask, wish: S3Wish): Promise<AsyncIterable<S3Version> | null> {
  const first = await ask(`/?${queryOfVersions(wish, {})}`)
  if (NO_VERSIONS.includes(first.status)) {
    await first.arrayBuffer()
    return null
  }
  return versionsFrom(ask, wish, await pageOf(first, 'ListVersionsResult'))
}

/** 405 and 501: what is asked for is nothing that this store does. */
const NO_VERSIONS = [405, 501]

async function* versionsFrom(ask: Ask, wish: S3Wish, firstPage: string): AsyncIterable<S3Version> {
  let before: S3Version | null = null
  for (let text: string | null = firstPage; text !== null; text = await nextPage(ask, wish, text)) {
    for (const [, entry = ''] of text.matchAll(/<Version>(.*?)<\/Version>/gs)) {
      const found = { key: valueIn(entry, 'Key') ?? '', versionId: valueIn(entry, 'VersionId') ?? 'null' }
      // Of one key the newest stands first.
      if (before !== null && before.key !== found.key) yield before
      before = found
    }
  }
  if (before !== null) yield before
}

async function nextPage(ask: Ask, wish: S3Wish, text: string): Promise<string | null> {
  if (valueIn(text, 'IsTruncated') !== 'true') return null
  const [key, version] = [valueIn(text, 'NextKeyMarker'), valueIn(text, 'NextVersionIdMarker')]
  if (key === undefined) throw new Error('the store did not list its copies: a page without its end')
  return pageOf(await ask(`/?${queryOfVersions(wish, { key, version })}`), 'ListVersionsResult')
}

const queryOfVersions = (
  { prefix, pageKeys }: S3Wish,
  { key, version }: { readonly key?: string; readonly version?: string | undefined },
): string =>
  new URLSearchParams({
    versions: '',
    prefix,
    'max-keys': String(pageKeys),
    ...(key !== undefined && { 'key-marker': key }),
    ...(version !== undefined && { 'version-id-marker': version }),
  }).toString()

const listed = async (ask: Ask, root: string, query: Record<string, string>): Promise<string> =>
  pageOf(await ask(`/?${new URLSearchParams(query).toString()}`), root)

/** A page of somebody else is no empty list: what is kept could not be compared. */
async function pageOf(answer: Response, root: string): Promise<string> {
  const text = await answer.text()
  if (answer.ok && new RegExp(`<${root}[\\s/>]`).test(text)) return text
  throw new Error(`the store did not list its copies: ${answer.status}`)
}

const valueIn = (text: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1]
