import { basename } from 'node:path'
import { classify } from '@writ/actions'
import { ActionClass, ActionClassSource, BundleConnection, SeenDefinition, Slug } from '@writ/contracts'
import type { CatalogueTool } from '@writ/policy/authoring'
import { z } from 'zod'
import { Failure } from '../../failure.ts'
import { textIn } from './policy-file.ts'

const { kind, name, inputSchema } = SeenDefinition.shape

/** What lint needs of a tool; the API says more of it, and a person may leave out all but the name. */
const Tool = z.object({
  kind: kind.default('tool'),
  name,
  class: ActionClass.nullable().default(null),
  classSource: ActionClassSource.nullable().default(null),
  inputSchema: inputSchema.nullable().default(null),
})
type Tool = z.infer<typeof Tool>

const Offers = z.strictObject({
  connection: Slug,
  trust: BundleConnection.shape.trust.unwrap().nullable().default(null),
  tools: z.array(Tool),
})
type Offers = z.infer<typeof Offers>

const Page = z.object({ items: z.array(Tool), next: z.string().nullable() })

/**
 * Tools from files: `[{ "connection": …, "tools": […] }]`, or an answer of `GET /api/v1/connections/{id}/tools` in a file that is named
 * after the connection.
 * @throws Failure
 */
export async function catalogueIn(files: readonly string[]): Promise<readonly CatalogueTool[]> {
  const offers = await Promise.all(files.map(offersIn))
  return offers.flat().flatMap(toolsOf)
}

async function offersIn(file: string): Promise<readonly Offers[]> {
  const content = parsed(await textIn(file))
  const offers = z.array(Offers).safeParse(content)
  if (offers.success) return offers.data
  const page = Page.safeParse(content)
  if (page.success) return [offeredOn(page.data, file)]
  throw new Failure(
    `${file} is no catalogue of tools`,
    'Write [{ "connection": "…", "tools": [{ "name": "…", "inputSchema": {…} }] }], or an answer of GET /api/v1/connections/{id}/tools.',
  )
}

/** A rule that only a later page's tool can match would be reported as one that never matches. */
function offeredOn({ items, next }: z.infer<typeof Page>, file: string): Offers {
  const connection = basename(file, '.json')
  if (!Slug.safeParse(connection).success)
    throw new Failure(`${file} does not say whose tools these are`, 'Name the file after the connection.')
  if (next !== null)
    throw new Failure(
      `${file} holds some of the tools only`,
      `Put the items of all pages into [{ "connection": "${connection}", "tools": […] }].`,
    )
  return { connection, trust: null, tools: items }
}

const toolsOf = ({ connection, trust, tools }: Offers): readonly CatalogueTool[] =>
  tools
    .filter((tool) => tool.kind === 'tool')
    .map((tool) => ({
      connection,
      trust,
      tool: tool.name,
      inputSchema: tool.inputSchema,
      ...classOf(tool, connection),
    }))

function classOf(tool: Tool, connectionName: string): Pick<CatalogueTool, 'class' | 'classSource'> {
  if (tool.class !== null) return { class: tool.class, classSource: tool.classSource ?? 'admin' }
  return classify({
    method: 'tools/call',
    named: tool.name,
    connectionName,
    toolClasses: {},
    args: {},
    inputSchema: tool.inputSchema,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
