import type { Json, JsonObject } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import type { Composed, CompositionPorts, Missing } from './composed.ts'
import { callerOf } from './composed.ts'
import { envelopeOf, hearAll, isObject, missingIn, nothingBut, ownAnswer, toEach, tooMuch } from './hear.ts'
import type { Heard, HeardResult } from './hear.ts'
import type { SessionMember } from './seal.ts'

/** Versions of the 2025 era that one session may speak to its agent, whatever each upstream speaks. */
const VERSIONS_OF_2025: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26']
const VERSION_OF_2026 = '2026-07-28'

const isResult = (answer: Heard): answer is HeardResult => answer.kind === 'result'

/** `initialize` of the 2025 era: one session at each upstream, and one for the agent in which they are sealed. */
export async function initialize(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const answers = await hearAll(toEach(composed, { body: composed.text }), composed, ports)
  const failed = nothingBut(answers)
  if (failed !== null) return failed.kind === 'refused' ? failed.refusal : failed.answer
  const begun = sessionOf(answers.filter(isResult), composed, ports)
  if (begun === null)
    return new Refusal('overloaded', 'the sessions of so many connections fit into no header')
  const { session, results } = begun
  const left = answers.filter((answer) => isResult(answer) && !results.includes(answer))
  const missing = missingIn(
    answers.map((answer) => (left.includes(answer) ? tooMuch(answer) : answer)),
    composed,
  )
  const requested = composed.message.params['protocolVersion']
  const version = VERSIONS_OF_2025.find((known) => known === requested) ?? VERSIONS_OF_2025[0]
  const result = {
    protocolVersion: version ?? '',
    serverInfo: introduced(ports.build),
    ...selfOf(results, missing),
    ...envelopeOf(composed, missing),
  }
  return ownAnswer(composed, JSON.stringify(result), [['mcp-session-id', session]])
}

type Begun = { readonly session: string; readonly results: readonly HeardResult[] }

/** What all servers say of their sessions, in one header: where it does not fit, whoever says the most is left out, and none takes the room of another. */
function sessionOf(
  answers: readonly HeardResult[],
  composed: Composed,
  ports: CompositionPorts,
): Begun | null {
  const shortestFirst = answers.toSorted((one, other) => saidBy(one) - saidBy(other))
  for (let most = answers.length; most >= Math.min(1, answers.length); most -= 1) {
    const fewer = new Set(shortestFirst.slice(0, most))
    const results = answers.filter((answer) => fewer.has(answer))
    const session = ports.seal.sealSession(results.map(memberOf), callerOf(composed))
    if (session !== null) return { session, results }
  }
  return null
}

function saidBy(answer: HeardResult): number {
  const { version, sessionId } = memberOf(answer)
  return version.length + (sessionId?.length ?? 0)
}

function memberOf({ member, result, sessionId }: HeardResult): SessionMember {
  const { protocolVersion } = result
  return { ...member, version: typeof protocolVersion === 'string' ? protocolVersion : '', sessionId }
}

/**
 * `server/discover` of the 2026 era. Where some connection speaks the older era alone, the agent is told what its server says: a client of
 * both eras then begins a session of the older one, which most servers of the newer speak as well, and misses the fewest.
 */
export async function discover(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const answers = await hearAll(toEach(composed, { body: composed.text }), composed, ports)
  const older = answers.find(isOlder)
  if (older?.kind === 'error') return older.answer
  const failed = nothingBut(answers)
  if (failed !== null) return failed.kind === 'refused' ? failed.refusal : failed.answer
  const results = answers.filter(isResult)
  const missing = missingIn(answers, composed)
  const result = {
    supportedVersions: [
      VERSION_OF_2026,
      ...VERSIONS_OF_2025.filter((version) => results.every((one) => speaks(one, version))),
    ],
    ...selfOf(results, missing),
    ...envelopeOf(composed, missing),
    ttlMs: 0,
    cacheScope: 'private',
  }
  return ownAnswer(composed, JSON.stringify(withSelf(result, ports.build)))
}

/** A JSON-RPC error that says nothing of the newer era: a server of the older one has no such request. */
const isOlder = (answer: Heard): boolean =>
  answer.kind === 'error' && answer.code !== null && !ERRORS_OF_2026.has(answer.code)

/** HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion, and an error of the server's own. */
const ERRORS_OF_2026: ReadonlySet<number> = new Set([-32_020, -32_021, -32_022, -32_603])

const speaks = ({ result: { supportedVersions } }: HeardResult, version: string): boolean =>
  Array.isArray(supportedVersions) && supportedVersions.includes(version)

const withSelf = (result: JsonObject, build: string): JsonObject => ({
  ...result,
  _meta: {
    ...(isObject(result['_meta']) ? result['_meta'] : {}),
    'io.modelcontextprotocol/serverInfo': introduced(build),
  },
})

const introduced = (version: string): JsonObject => ({ name: 'writ', title: 'Writ', version })

/** What the composed server says of itself. */
function selfOf(results: readonly HeardResult[], missing: readonly Missing[]): JsonObject {
  return {
    capabilities: capabilitiesOf(results),
    instructions: instructionsOf(results, missing),
  }
}

/** Of the capabilities only those whose messages find their way through a composed server. */
const CAPABILITIES = ['tools', 'prompts', 'resources', 'logging', 'completions', 'tasks'] as const
const EXTENSIONS = ['io.modelcontextprotocol/tasks'] as const

function capabilitiesOf(results: readonly HeardResult[]): JsonObject {
  const said = results.map(({ result }) => (isObject(result['capabilities']) ? result['capabilities'] : {}))
  const extensions = mergedOf(
    EXTENSIONS,
    said.map((capabilities) => (isObject(capabilities['extensions']) ? capabilities['extensions'] : {})),
  )
  return {
    ...mergedOf(CAPABILITIES, said),
    ...(Object.keys(extensions).length > 0 ? { extensions } : {}),
  }
}

const mergedOf = (names: readonly string[], said: readonly JsonObject[]): JsonObject =>
  Object.fromEntries(
    names.flatMap((name) => {
      const values = said.flatMap((one) => (isObject(one[name]) ? [one[name]] : []))
      return values.length === 0 ? [] : [[name, values.reduce<JsonObject>(merged, {})]]
    }),
  )

/** What one of them can do, the composed server can do. */
function merged(left: JsonObject, right: JsonObject): JsonObject {
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return Object.fromEntries([...names].map((name) => [name, either(left[name], right[name])]))
}

function either(left: Json | undefined, right: Json | undefined): Json {
  if (isObject(left) && isObject(right)) return merged(left, right)
  return left === undefined || left === false ? (right ?? left ?? null) : left
}

const LONGEST_INSTRUCTIONS = 4096
/** What a cut may leave at the end, which strict readers take for no text. */
const HALF_A_CHARACTER = /[\uD800-\uDBFF]$/

const OWN_WORDS =
  'This server combines several connections. Names of tools and prompts begin with the name of their connection and two underscores; URIs of resources begin with writ+, the name of their connection and a colon.'

function instructionsOf(results: readonly HeardResult[], missing: readonly Missing[]): string {
  const theirs = results.flatMap(({ member, result: { instructions } }) =>
    typeof instructions === 'string' && instructions !== ''
      ? [
          `# ${member.connection}\n${instructions.slice(0, LONGEST_INSTRUCTIONS).replace(HALF_A_CHARACTER, '')}`,
        ]
      : [],
  )
  const lost = missing.map(({ connection }) => connection).join(', ')
  return [OWN_WORDS, ...(lost === '' ? [] : [`Not available now: ${lost}.`]), ...theirs].join('\n\n')
}
