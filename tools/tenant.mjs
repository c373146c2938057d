// `npm run tenant -- --slug NAME --name NAME`: a new tenant on the platform that runs here, and its owner key, shown once.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stateDirectory } from './state.mjs'

const USAGE = 'usage: npm run tenant -- --slug NAME [--name NAME] [--url CONTROL_PLANE]'

try {
  const { slug, name, url } = readArguments(process.argv.slice(2))
  const { tenant, ownerKey } = await createTenant(url, slug, name)
  console.log(
    `Tenant ${tenant.slug} (${tenant.id}) is there.\n\nIts owner key, shown only now:\n\n  export WRIT_API_KEY=${ownerKey.key}\n`,
  )
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

function readArguments(args) {
  const options = {
    slug: { type: 'string' },
    name: { type: 'string' },
    url: { type: 'string', default: 'http://127.0.0.1:7400' },
  }
  try {
    const { slug, name = slug, url } = parseArgs({ args, options }).values
    if (slug === undefined) throw new Error('--slug is missing')
    return { slug, name, url }
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`, { cause: error })
  }
}

async function createTenant(url, slug, name) {
  const response = await fetch(new URL('/api/v1/tenants', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ slug, name }),
  }).catch(() => {
    throw new Error(`${url} does not answer. Start the platform with \`npm start\`, or name it with --url.`)
  })
  const answer = await response.json()
  if (response.ok) return answer
  const fields = (answer.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)
  throw new Error(
    [
      `the tenant was not created: ${answer.title}${answer.detail ? `: ${answer.detail}` : ''}`,
      ...fields,
    ].join('\n'),
  )
}

/** Who can read the state directory is the operator. */
function operatorKey() {
  try {
    return JSON.parse(readFileSync(join(stateDirectory(), 'secrets.json'), 'utf8')).operatorKey
  } catch {
    throw new Error('there is no operator key here yet: run `npm start` once first')
  }
}
