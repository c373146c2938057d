import { spansOf } from './sighting.ts'
import type { Span } from './sighting.ts'

/** Marks by which chat templates tell one speaker from another; in content they pretend to be the system or the human. */
export function* detectRoles(text: string): Generator<Span> {
  if (!MARK.test(text)) return
  for (const pattern of ROLES) yield* spansOf(text, pattern, 'inj.role')
}

const MARK = /[<[#]|\n\nHuman:/

export const ROLES: readonly RegExp[] = [
  /<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|begin_of_text|start_header_id|end_header_id)\|>/gi,
  /\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>/g,
  /<\/?(?:system|system[_-]prompt|system[_-]message|system[_-]instructions?)>/gi,
  /^#{2,4} ?(?:system|instruction)s?:/gim,
  /\n\nHuman: ?[^\n]{0,2000}\n\nAssistant:/g,
]
