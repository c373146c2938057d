/** What a policy can be written in. */
export const NOTATIONS = ['cedar', 'yaml', 'json'] as const
export type Notation = (typeof NOTATIONS)[number]
