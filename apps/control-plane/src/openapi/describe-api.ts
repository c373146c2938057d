import { mayDo, Problem, Role } from '@writ/contracts'
import type { Permission } from '@writ/contracts'
import { z } from 'zod'
import { isPermission } from '../tenancy/access.ts'
import type { AccessLevel } from '../tenancy/access.ts'
import type { Route } from './routes.ts'

type Node = Record<string, unknown>

/** The description of the API in OpenAPI 3.1. */
export function describeApi(routes: readonly Route[]): Node {
  const paths: Record<string, Node> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Writ control plane',
      version: '0.1.0',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: { Problem: schemaOf(Problem, 'output') } },
  }
}

const SECURITY_SCHEMES = {
  apiKey: { type: 'http', scheme: 'bearer', description: "A tenant's API key: wak_<id>.<secret>" },
  signIn: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-writ',
    description: 'A human who signed in; requests that write also need the header X-Writ: 1',
  },
  directoryToken: { type: 'http', scheme: 'bearer', description: "The token of a tenant's directory (SCIM)" },
  operatorKey: { type: 'http', scheme: 'bearer', description: 'The key of the operator of the platform' },
  nodeSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'Writ-Node',
    description: '<node id>.<epoch milliseconds>.<base64url Ed25519 signature>',
  },
}

function operationOf(route: Route): Node {
  return {
    operationId: `${route.group}.${route.name}${route.path.endsWith('/.well-known/oauth-authorization-server') ? '.suffixed' : ''}`,
    tags: [route.group],
    ...securityOf(route.access),
    'x-writ-access': route.access,
    parameters: [...pathParametersOf(route), ...queryParametersOf(route)],
    ...requestBodyOf(route),
    responses: { [route.status]: answerOf(route), default: PROBLEM },
  }
}

/** `x-writ-roles`: the roles that have the permission. */
function securityOf(access: AccessLevel): Node {
  if (!isPermission(access)) return { security: SECURITY[access] }
  return { security: OF_TENANTS, 'x-writ-roles': Role.options.filter((role) => mayDo([role], access)) }
}

const SECURITY: Readonly<Record<Exclude<AccessLevel, Permission>, Node[]>> = {
  public: [],
  node: [{ nodeSignature: [] }],
  device: [{ nodeSignature: [] }],
  operator: [{ operatorKey: [] }],
  directory: [{ directoryToken: [] }],
}

const OF_TENANTS: Node[] = [{ apiKey: [] }, { signIn: [] }]

/** What a route does not read itself, because whoever let the request in has read it, is text. */
const pathParametersOf = ({ path, parameters }: Route): Node[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const schema = parameters.find((parameter) => parameter.name === name)?.schema ?? z.string()
    return { name, in: 'path', required: true, schema: schemaOf(schema, 'input') }
  })

function queryParametersOf({ query }: Route): Node[] {
  if (!query) return []
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, Node>
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function requestBodyOf({ body, yaml, form }: Route): Node {
  const forms = Object.entries({
    'application/json': form ? undefined : body,
    'application/yaml': yaml,
    'application/x-www-form-urlencoded': form,
  })
  const content = forms.flatMap(([type, schema]) =>
    schema ? [[type, { schema: schemaOf(schema, 'input') }]] : [],
  )
  return content.length === 0 ? {} : { requestBody: { required: true, content: Object.fromEntries(content) } }
}

function answerOf({ answer, status }: Route): Node {
  const description = status === 204 || !answer ? 'Done' : 'The answer'
  return answer
    ? { description, content: { 'application/json': { schema: schemaOf(answer, 'output') } } }
    : { description }
}

const PROBLEM = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

// Recursive schemas refer to themselves below `$defs`, which is legal where OpenAPI 3.1 puts a schema.
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Node {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' })
  return rest
}
