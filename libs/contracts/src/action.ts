import { z } from 'zod'

/** The closed list of what an action does to the world, mildest first. */
export const ActionClass = z.enum(['read', 'write', 'delete', 'execute', 'send', 'spend', 'administer'])
export type ActionClass = z.infer<typeof ActionClass>

/** Where an action class came from; shown wherever the class is shown. */
export const ActionClassSource = z.enum(['admin', 'catalogue', 'annotation', 'inferred', 'default'])
export type ActionClassSource = z.infer<typeof ActionClassSource>

/** `gateway`: MCP traffic. `hooks`: local actions of coding agents. */
export const Channel = z.enum(['gateway', 'hooks'])
export type Channel = z.infer<typeof Channel>

/** `outbound`: agent to upstream. `inbound`: upstream back to the agent. */
export const Direction = z.enum(['outbound', 'inbound'])
export type Direction = z.infer<typeof Direction>

/** What one message would do: tool + action class + resource. */
export const Action = z.strictObject({
  method: z.string(),
  /** the tool, prompt or resource named by the message; null where the method names none */
  tool: z.string().nullable(),
  class: ActionClass,
  classSource: ActionClassSource,
  resource: z.string(),
})
export type Action = z.infer<typeof Action>
