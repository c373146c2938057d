import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import type { Span } from '../sighting.ts'

/**
 * Marks by which chat templates tell one speaker from another; in content they pretend to be the system or the human.
 * Not covered: a plain `System:` or `User:` at the beginning of a line, which transcripts and logs are full of.
 */
export const roleRecogniser: Recogniser = {
  signals: ['inj.role'],
  triggers: literals(
    '<|',
    '[inst]',
    '[/inst]',
    '<<sys>>',
    '<</sys>>',
    '<start_of_turn>',
    '<end_of_turn>',
    '<system',
    '</system',
    '## system',
    '##system',
    '## instruction',
    '##instruction',
    'human:',
    '[system]',
    '[/system]',
    '<｜',
  ),
  recognise: (text, start) => [...markAt(text, start)],
}

function* markAt(text: string, start: number): Generator<Span> {
  for (const { shape, before } of MARKS) {
    const from = before === null ? start : start - before.length
    if (before !== null && text.slice(from, start) !== before && start > 0) continue
    shape.lastIndex = start
    const found = shape.exec(text)
    if (found !== null) yield { signal: 'inj.role', start, end: start + found[0].length }
  }
}

type Mark = { readonly shape: RegExp; readonly before: string | null }

/** Sticky, and bounded everywhere. */
const MARKS: readonly Mark[] = [
  {
    shape:
      /<[|｜](?:im[_▁]start|im[_▁]end|im[_▁]sep|system|user|assistant|endoftext|eot_id|begin[_▁]of[_▁](?:text|sentence)|end[_▁]of[_▁]sentence|start_header_id|end_header_id|start|end|channel|message|end_of_turn|User|Assistant|endofprompt)[|｜]>/iy,
    before: null,
  },
  { shape: /\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>/y, before: null },
  { shape: /<\/?(?:system|system[_-]prompt|system[_-]message|system[_-]instructions?)>/iy, before: null },
  { shape: /\[\/?SYSTEM\](?!\()/y, before: '\n' },
  { shape: /#{2,4} ?(?:system|instruction)s?:/iy, before: '\n' },
  { shape: /#{2} ?(?:system|instruction)s?:/iy, before: '\n#' },
  { shape: /Human: ?[^\n]{0,500}\n\nAssistant:/y, before: '\n\n' },
]
