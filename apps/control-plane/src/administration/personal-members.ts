import { HumanId } from '@writ/contracts'
import type { Json, JsonObject } from '@writ/contracts'

/** What says of a human nothing that is theirs alone. Every other text is personal, whatever an identity provider or a directory calls it. */
const OPEN_MEMBERS: ReadonlySet<string> = new Set([
  'id',
  'status',
  'roles',
  'groups',
  'createdAt',
  'issuer',
  'active',
  'schemas',
  'meta',
  'type',
  'primary',
])

/** Of whom a view says something that is theirs: every object with the id of a human is about that human. */
export function humansIn(view: Json): HumanId[] {
  const found: HumanId[] = []
  onHumans(view, (human) => {
    found.push(human)
    return ''
  })
  return found
}

/** The view, and what it says of humans as `seal` gives it back. In a list of members, names are left out: the ids say who it is. */
export const onHumans = (view: Json, seal: (human: HumanId, text: string) => Json): Json => {
  if (isList(view)) return view.map((item) => onHumans(item, seal))
  if (typeof view !== 'object' || view === null) return view
  const { id, value } = view
  const human = HumanId.safeParse(id)
  if (human.success) return membersOf(view, (member) => sealedWhole(member, (text) => seal(human.data, text)))
  if (HumanId.safeParse(value).success) return { value: value ?? null }
  return membersOf(view, (member) => onHumans(member, seal), NONE)
}

const NONE: ReadonlySet<string> = new Set()

const membersOf = (
  object: JsonObject,
  change: (member: Json) => Json,
  except: ReadonlySet<string> = OPEN_MEMBERS,
): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([name, member]) => [name, except.has(name) ? member : change(member)]),
  )

/** Every text and number in it, however deep. */
function sealedWhole(value: Json, seal: (text: string) => Json): Json {
  if (typeof value === 'string') return value === '' ? value : seal(value)
  if (typeof value === 'number') return seal(String(value))
  if (isList(value)) return value.map((item) => sealedWhole(item, seal))
  return typeof value === 'object' && value !== null
    ? membersOf(value, (member) => sealedWhole(member, seal))
    : value
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
