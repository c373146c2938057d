import { PolicyDocument } from '@writ/contracts'
import type { Problem } from '@writ/contracts'
import { isProblems, readSource } from '@writ/policy/authoring'
import type { Position, Steps } from '@writ/policy/authoring'
import { z } from 'zod'
import { badRequest } from '../http/problem.ts'
import { textOf } from '../http/read-yaml.ts'
import type { RimRequest } from '../http/request.ts'

/** A body that was read, with the way back to where each part of the policy document is written. */
export type PolicyBody<T> = {
  readonly asked: T
  /** the path of a place, as errors name it, and where it stands in the text that was sent */
  readonly spotOf: (steps: Steps) => Spot
}
export type Spot = Partial<Position> & { readonly prefix: readonly string[] }

/**
 * Reads the body of a route about policies, JSON or YAML. A body that is a policy document itself (it has a member `writ`) stands for a
 * request about it.
 * @param beside what a document that comes alone is asked with
 * @throws 400 with line and column of everything that is wrong
 */
export function readPolicyBody<Shape extends z.ZodType>(
  request: RimRequest,
  shape: Shape,
  beside: (document: { readonly title?: unknown }) => object = () => ({}),
): PolicyBody<z.output<Shape>> {
  const { body } = request
  const isBare = isDocument(body)
  const read = shape.safeParse(isBare ? { ...beside(body), document: body } : body)
  if (read.success) return { asked: read.data, spotOf: spotsIn(request, isBare ? [] : ['document']) }
  throw badRequest(
    'the request does not have the right form',
    problemsIn(request, isBare ? PolicyDocument : shape) ?? wordsOf(read.error),
  )
}

const isDocument = (body: unknown): body is { readonly writ: unknown; readonly title?: unknown } =>
  typeof body === 'object' && body !== null && 'writ' in body

/** Looked for in the text only when something is wrong; null where nothing is wrong with the text by itself. */
function problemsIn(request: RimRequest, shape: z.ZodType): Problem['errors'] | null {
  const problems = sourceOf(request, shape)
  return isProblems(problems) ? problems.slice(0, MOST_ERRORS) : null
}

const MOST_ERRORS = 50

const wordsOf = ({ issues }: z.ZodError): Problem['errors'] =>
  issues.slice(0, MOST_ERRORS).map(({ path, message }) => ({ path: path.map(String).join('.'), message }))

function spotsIn(request: RimRequest, prefix: readonly string[]): PolicyBody<unknown>['spotOf'] {
  return (steps) => {
    const source = sourceOf(request, z.unknown())
    return { prefix, ...(!isProblems(source) && source.positionOf([...prefix, ...steps])) }
  }
}

function sourceOf<Shape extends z.ZodType>(request: RimRequest, shape: Shape) {
  const isYaml = request.headers['content-type']?.startsWith('application/yaml') ?? false
  return readSource(textOf(request.rawBody ?? new Uint8Array()), isYaml ? 'yaml' : 'json', shape)
}
