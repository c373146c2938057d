/** Signals of hidden text, of attacks on the model's instructions, and of content that was too large to be inspected whole. */
export const INJECTION_SIGNALS = [
  'content.oversize',
  'hidden.bidi',
  'hidden.tags',
  'hidden.zero_width',
  'inj.encoded',
  'inj.exfil',
  'inj.override',
  'inj.role',
  'inj.suspect',
  'inj.tool_poisoning',
] as const
