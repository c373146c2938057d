// `npm run tenant -- --slug NAME --name NAME`: a new tenant on the platform that runs here, and its owner key, shown once.
// `npm run tenant -- owner-link NAME`: a link that signs one browser in as an owner of that tenant, once.
// `npm run tenant -- suspend NAME`, `resume NAME`, `delete NAME`: stops a tenant, lets it go on, ends it for good (docs/tenants.md).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeOwnerLink } from './local/owner-link.mjs'
import { stateDirectory } from './state.mjs'

const USAGE = `usage: npm run tenant -- --slug NAME [--name NAME] [--url CONTROL_PLANE]
       npm run tenant -- owner-link|suspend|resume|delete NAME [--url CONTROL_PLANE]`

const LIFE = {
  suspend: ['POST', '/suspend', 'is suspended: nothing is mediated for it'],
  resume: ['POST', '/resume', 'goes on; its agents get new tokens'],
  delete: ['DELETE', '', 'is gone; its records stay'],
}

try {
  const { verb, slug, name, url } = readArguments(process.argv.slice(2))
  if (verb === 'owner-link') await sayOwnerLink(url, slug)
  else if (verb in LIFE) await sayLife(url, slug, LIFE[verb])
  else await sayNewTenant(url, slug, name)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

async function sayNewTenant(url, slug, name) {
  const { tenant, ownerKey } = await createTenant(url, slug, name)
  console.log(
    `Tenant ${tenant.slug} (${tenant.id}) is there.\n\nIts owner key, shown only now:\n\n  export WRIT_API_KEY=${ownerKey.key}\n`,
  )
}

async function sayOwnerLink(url, slug) {
  const link = await makeOwnerLink({ controlPlaneUrl: url, operatorKey: operatorKey(), slug })
  console.log(`Opens once, within ten minutes:\n\n  ${link}\n`)
}

async function sayLife(url, slug, [method, path, becomes]) {
  await ask(url, method, `/api/v1/tenants/${encodeURIComponent(slug)}${path}`)
  console.log(`Tenant ${slug} ${becomes}.`)
}

function readArguments(args) {
  const options = {
    slug: { type: 'string' },
    name: { type: 'string' },
    url: { type: 'string', default: 'http://127.0.0.1:7400' },
  }
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const [verb = 'create', named, ...rest] = positionals
    if (!['create', 'owner-link', ...Object.keys(LIFE)].includes(verb) || rest.length > 0)
      throw new Error(`${verb} is not known`)
    const { slug = named, name = slug, url } = values
    if (slug === undefined) throw new Error('the name of the tenant is missing')
    return { verb, slug, name, url }
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`, { cause: error })
  }
}

const createTenant = (url, slug, name) => ask(url, 'POST', '/api/v1/tenants', { slug, name })

async function ask(url, method, path, body) {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      authorization: `Bearer ${operatorKey()}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Error(`${url} does not answer. Start the platform with \`npm start\`, or name it with --url.`)
  })
  const answer = await response.json()
  if (response.ok) return answer
  const fields = (answer.errors ?? []).map(({ path: field, message }) => `  ${field}: ${message}`)
  throw new Error(
    [`it was not done: ${answer.title}${answer.detail ? `: ${answer.detail}` : ''}`, ...fields].join('\n'),
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
