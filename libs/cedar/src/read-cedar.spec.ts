import { describe, expect, it } from '@jest/globals'
import { readCedar } from './read-cedar.ts'

const faultsOf = (text: string) => {
  const reading = readCedar(text, 'p.cedar')
  return 'faults' in reading ? reading.faults : []
}
const rulesOf = (text: string) => {
  const reading = readCedar(text, 'p.cedar')
  if ('faults' in reading) throw new Error(JSON.stringify(reading.faults))
  return reading.document.rules
}
const when = (body: string) => `permit (principal, action, resource) when { ${body} };`

describe('readCedar', () => {
  it('makes a forbid a deny rule and a permit an allow rule', () => {
    const rules = rulesOf('forbid (principal, action, resource);\npermit (principal, action, resource);')
    expect(rules.map(({ id, effect, when: condition }) => ({ id, effect, condition }))).toEqual([
      { id: 'policy-1', effect: 'deny', condition: { all: [] } },
      { id: 'policy-2', effect: 'allow', condition: { all: [] } },
    ])
  })

  it('reads the annotations of the convention', () => {
    const [rule] =
      rulesOf(`@id("cards") @effect("modify") @reason("Cards are masked.") @modify("pii.card=mask, pii.*=token")
      @on("outbound") @label("cards, seen") forbid (principal, action, resource);`)
    expect(rule).toEqual({
      id: 'cards',
      effect: 'modify',
      reason: 'Cards are masked.',
      on: ['outbound'],
      when: { all: [] },
      modify: { 'pii.card': 'mask', 'pii.*': 'token' },
      labels: { add: ['cards', 'seen'] },
    })
  })

  it('says the head of a policy with the parts of the question', () => {
    const [rule] = rulesOf(
      'forbid (principal in Group::"ops", action == Action::"github/push_files", resource is Resource);',
    )
    expect(rule?.when).toEqual({
      all: [
        { path: 'agent.groups', op: 'has', value: 'ops' },
        { path: 'direction', op: 'eq', value: 'outbound' },
        { path: 'connection.name', op: 'eq', value: 'github' },
        { path: 'action.tool', op: 'eq', value: 'push_files' },
      ],
    })
  })

  it('asks strictly for what may be missing', () => {
    const [rule] = rulesOf(when('context.args has amount && context.args.amount > 5000'))
    expect(rule?.when).toEqual({
      all: [
        { path: 'args.amount', op: 'exists', value: true },
        { path: 'args.amount', op: 'gt', value: 5000, required: true },
      ],
    })
  })

  it('solves arithmetic with one value of the request', () => {
    const [rule] = rulesOf(when('context.args.amount * 3 + 1 > 100'))
    expect(rule?.when).toEqual({ not: { path: 'args.amount', op: 'lte', value: 33, required: true } })
  })

  it.each([
    ['context.args.a * 2 < -4', { path: 'args.a', op: 'lte', value: -3, required: true }],
    ['context.args.a * -3 <= 5', { path: 'args.a', op: 'gte', value: -1, required: true }],
    ['7 - context.args.a * 2 >= 8', { not: { path: 'args.a', op: 'gte', value: 0, required: true } }],
  ])('solves %s with whole numbers', (body, condition) => {
    expect(rulesOf(when(body))[0]?.when).toEqual(condition)
  })

  it('says where each rule stands, and which annotations say nothing', () => {
    const reading = readCedar(
      '// first\n@id("a") @owner("me")\npermit (principal, action, resource);\n\n  @id("b") forbid (principal, action, resource);',
      'p.cedar',
    )
    expect(reading).toMatchObject({
      places: { a: { file: 'p.cedar', line: 2, column: 1 }, b: { line: 5, column: 3 } },
      notes: [{ line: 2, column: 1, reason: '@owner says nothing here' }],
    })
  })

  it.each([
    ['permit (principal, action, resource) when { + };', 1, 45, /unexpected token/],
    ['// é\npermit (principal, action, resource)\nwhen { "é" == };', 3, 15, /unexpected token/],
    ['permit (principal, action, resource);\nnonsense', 2, 9, /unexpected end/],
    [when('ip("10.0.0.1").isLoopback()'), 1, 60, /isLoopback/],
    [when('true && decimal("1.0") == decimal("1.0")'), 1, 53, /decimal/],
    [when('context.now < datetime("2026-01-01")'), 1, 59, /datetime/],
    [when('resource.hasTag("a")'), 1, 54, /hasTag/],
    [when('context.args.a + context.args.b > 1'), 1, 60, /two values of the request/],
    [when('context.args.a * 9000 > 1'), 1, 60, /64 bits/],
    [when('context.args.a == context.args.b'), 1, 60, /sets or records/],
    [when('context.args.a == [1]'), 1, 60, /a set/],
    [when('context.args == {a: 1}'), 1, 58, /whole records/],
    [when('context.session == {a: 1}'), 1, 61, /whole part/],
    [when('Agent::"x" in Group::"y"'), 1, 56, /named/],
    [when('Agent::"x".name == "y"'), 1, 56, /entities of the request/],
    [when('principal.name == "9007199254740993" || 9007199254740993 == 1'), 1, 85, /53 bits/],
    [when('context.args.a like "a\\\\*b*"'), 1, 60, /backslash/],
    [when('context.signals.contains("pii.crad")'), 1, 61, /never holds/],
    [when('context.signals == ["nothing"]'), 1, 61, /never holds/],
    [when('action in Action::"class/wrong"'), 1, 52, /no action/],
    ['permit (principal == ?principal, action, resource);', 1, 22, /template/],
    ['@effect("allow") forbid (principal, action, resource);', 1, 1, /@effect/],
    ['@effect("deny") permit (principal, action, resource);', 1, 1, /only a forbid/],
    ['@effect("modify") forbid (principal, action, resource);', 1, 1, /modif/],
    ['@modify("pii.card") @effect("modify") forbid (principal, action, resource);', 1, 1, /@modify/],
    ['@id("Not A Rule") permit (principal, action, resource);', 1, 1, /id/],
    ['@on("sideways") permit (principal, action, resource);', 1, 1, /on/],
    ['@label("Not a label") permit (principal, action, resource);', 1, 1, /@label/],
    [
      '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
      2,
      1,
      /two policies/,
    ],
    ['', 1, 1, /between 1 and 100/],
  ])('refuses %s at its place', (text, line, column, reason) => {
    expect(faultsOf(text)[0]).toMatchObject({
      file: 'p.cedar',
      line,
      column,
      reason: expect.stringMatching(reason),
    })
  })

  it('reports everything that stands against a file at once', () => {
    expect(
      faultsOf(
        `${when('ip("1.1.1.1").isIpv4()')}\n${when('resource.hasTag("a") || decimal("1.1") == decimal("1.2")')}`,
      ),
    ).toHaveLength(4)
  })
})
