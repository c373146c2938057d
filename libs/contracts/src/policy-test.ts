import { z } from 'zod'
import { ActionClass, Channel, Direction, PinStanding } from './action.ts'
import { JsonObjectSchema, JsonSchema } from './api/json.ts'
import { Outcome } from './effect.ts'

/** A principal of a test, by name; its groups are names that the test makes up, beside the group that the policy is attached to. */
const TestPrincipal = z.union([
  z.string().min(1).max(100),
  z.strictObject({ name: z.string().min(1).max(100), groups: z.array(z.string()).max(16).default([]) }),
])

const TestAction = {
  tool: z.string().max(256).optional(),
  method: z.string().max(128).default('tools/call'),
  connection: z.string().max(63).default('test'),
  /** as the classifier would say when left out */
  class: ActionClass.optional(),
  args: JsonObjectSchema.default({}),
}

/** Something that happened in the session before. Members that are not named here are arguments: `{ tool: refund, amount: 20 }`. */
export const TestEvent = z.looseObject({
  ...TestAction,
  outcome: z.enum(['allow', 'deny', 'approved']).default('allow'),
  /** when, as an instant or as a time before `now`, e.g. `10m`; evenly in the hour before `now` when left out */
  at: z.iso.datetime().optional(),
  ago: z
    .string()
    .regex(/^\d{1,5}[smh]$/)
    .optional(),
  /** what the tool answered; inspected, and its values remembered, as a real answer would be */
  result: JsonSchema.optional(),
  labels: z.array(z.string()).optional(),
})
export type TestEvent = z.infer<typeof TestEvent>

/** One case of a policy's own tests. */
export const PolicyTest = z.strictObject({
  name: z.string().min(1).max(200),
  now: z.iso.datetime().default('2026-01-01T00:00:00Z'),
  agent: TestPrincipal.default('agent'),
  human: TestPrincipal.default('human'),
  default: z.enum(['allow', 'deny']).default('allow'),
  labels: z.array(z.string()).max(64).default([]),
  history: z.array(TestEvent).max(1000).default([]),
  call: z.strictObject({
    ...TestAction,
    direction: Direction.default('outbound'),
    channel: Channel.default('gateway'),
    trust: z.enum(['internal', 'external']).default('external'),
    pin: PinStanding.default('unknown'),
    /** what is inspected when it is not the arguments: the answer of an inbound case */
    content: JsonSchema.optional(),
  }),
  expect: z.strictObject({
    decision: Outcome,
    /** exactly these rules match, in any order; an errored one ends in `!` */
    rules: z.array(z.string()).optional(),
    /** the arguments that go out */
    args: JsonObjectSchema.optional(),
    /** the content that may pass */
    content: JsonSchema.optional(),
    signals: z.array(z.string()).optional(),
    labels: z.array(z.string()).optional(),
  }),
})
export type PolicyTest = z.infer<typeof PolicyTest>
