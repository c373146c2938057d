import type { Json } from '@writ/contracts'

/**
 * The one text of a value, whatever the order of its members: RFC 8785 (JCS), with numbers as ECMAScript writes them, which is what JCS
 * asks for. Never recurses, so depth cannot exhaust the stack.
 */
export function canonicalText(root: Json): string {
  const parts: string[] = []
  const open: (Json | Mark)[] = [root]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next instanceof Mark) parts.push(next.text)
    else if (typeof next === 'object' && next !== null) for (const part of partsOf(next)) open.push(part)
    else parts.push(JSON.stringify(next))
  }
  return parts.join('')
}

class Mark {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Last first, because the next one is taken from the end. */
function partsOf(container: Json & object): (Json | Mark)[] {
  const parts: (Json | Mark)[] = []
  if (isList(container)) {
    for (const [at, item] of container.entries()) parts.push(new Mark(at === 0 ? '[' : ','), item)
    parts.push(new Mark(container.length === 0 ? '[]' : ']'))
    return parts.toReversed()
  }
  // the default order of strings is that of their code units
  const names = Object.keys(container).toSorted()
  for (const [at, name] of names.entries())
    parts.push(new Mark(`${at === 0 ? '{' : ','}${JSON.stringify(name)}:`), container[name] ?? null)
  parts.push(new Mark(names.length === 0 ? '{}' : '}'))
  return parts.toReversed()
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
