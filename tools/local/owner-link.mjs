/**
 * A link that signs one browser in as an owner of a tenant, once, for ten minutes.
 * @param {{ controlPlaneUrl: string, operatorKey: string, slug: string }} order
 * @returns {Promise<string>}
 * @throws in plain words
 */
export async function makeOwnerLink({ controlPlaneUrl, operatorKey, slug }) {
  const path = `/api/v1/tenants/${encodeURIComponent(slug)}/owner-links`
  const response = await fetch(new URL(path, controlPlaneUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}` },
  }).catch(() => {
    throw new Error(
      `${controlPlaneUrl} does not answer. Start the platform with \`npm start\`, or name it with --url.`,
    )
  })
  const answer = await response.json()
  if (response.ok) return answer.url
  if (response.status === 404) throw new Error(`there is no tenant ${slug}`)
  throw new Error(`no link was made: ${answer.title}${answer.detail ? `: ${answer.detail}` : ''}`)
}
