import { z } from 'zod'
import { ActionClass, ActionClassSource } from '../action.ts'
import { SeenDefinition } from '../node.ts'

/** `renamedFrom`: new by its name, and with the content of a definition that was approved under another one. */
export const ToolStanding = z.enum(['approved', 'new', 'changed', 'renamedFrom'])
export type ToolStanding = z.infer<typeof ToolStanding>

const { kind, name, pin, contentPin, description, annotations, inputSchema } = SeenDefinition.shape

/** What changed since the approval, in words for people. `other`: members that are pinned and not kept, such as a title. */
export const ToolDrift = z.strictObject({
  changed: z.array(z.enum(['description', 'annotations', 'inputSchema', 'other'])),
  /** `-` was approved, `+` is seen now; bounded, without secrets, invisible characters written out */
  lines: z.array(z.string()),
})
export type ToolDrift = z.infer<typeof ToolDrift>

/** A definition as it was seen last. `class` is for tools: what a call with no arguments would be taken for. */
export const ToolView = z.strictObject({
  kind,
  name,
  pin,
  contentPin,
  description: description.unwrap(),
  annotations,
  inputSchema,
  standing: ToolStanding,
  /** the approved name that the same content had */
  renamedFrom: z.string().nullable(),
  /** null until one was approved; differs from `pin` where the definition changed since */
  approvedPin: pin.nullable(),
  approvedAt: z.iso.datetime().nullable(),
  /** null unless it is `changed` */
  drift: ToolDrift.nullable(),
  /** the API key that approved it; `first-sight` where its connection says so */
  approvedBy: z.string().nullable(),
  class: ActionClass.nullable(),
  classSource: ActionClassSource.nullable(),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
})
export type ToolView = z.infer<typeof ToolView>

/** The pin that was looked at: another one, seen since, is not approved by it. */
export const ToolApproval = z.strictObject({ pin })
export type ToolApproval = z.infer<typeof ToolApproval>

/** Approves what is seen now; with `pins`, only what still has one of these. */
export const AllToolsApproval = z.strictObject({ pins: z.array(pin).max(5000).optional() }).prefault({})
export type AllToolsApproval = z.infer<typeof AllToolsApproval>
