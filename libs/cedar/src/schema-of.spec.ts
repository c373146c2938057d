import { describe, expect, it } from '@jest/globals'
import { schemaOf } from './schema-of.ts'
import { validateCedar } from './validate-cedar.ts'

const schema = schemaOf([
  {
    connection: 'github',
    tools: [
      {
        name: 'push_files',
        class: 'write.shared',
        inputSchema: {
          type: 'object',
          required: ['branch', 'count'],
          properties: {
            branch: { type: 'string' },
            count: { type: 'integer' },
            force: { type: 'boolean' },
            labels: { type: 'array', items: { type: 'string' } },
            author: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
            'odd "name"\n': { type: 'string' },
            ratio: { type: 'number' },
            either: { type: ['string', 'null'] },
          },
        },
      },
      { name: 'weird "tool"\n', class: 'exec', inputSchema: null },
    ],
  },
  { connection: 'class', tools: [{ name: 'money', class: 'money', inputSchema: {} }] },
])

const findings = (body: string, action = 'action == Action::"github/push_files"') =>
  validateCedar(`forbid (principal, ${action}, resource) when { ${body} };`, schema, 'p.cedar')

describe('the schema of a catalogue', () => {
  it.each([
    'context.args.branch == "main"',
    'context.args.count > 3',
    'context.args has force && context.args.force',
    'context.args has labels && context.args.labels.contains("x")',
    'context.args has author && context.args.author.name == "x"',
    'context.session.labels.contains("untrusted") && context.human in Group::"sre"',
    'context.signals.containsAny(["pii.card"]) && resource.trust == "external"',
    'context.tool.annotations has readOnlyHint && context.tool.annotations.readOnlyHint',
  ])('knows %s', (body) => {
    expect(findings(body)).toEqual([])
  })

  it.each([
    ['context.args.brnch == "main"', /brnch/],
    ['context.args.branch > 3', /type/],
    ['context.args.force', /optional|has/],
    ['context.args.ratio == 1', /ratio/],
    ['context.args.either == "x"', /either/],
    ['principal.nmae == "x"', /nmae/],
    ['context.human in Team::"sre"', /Team/],
  ])('finds fault with %s', (body, reason) => {
    const errors = findings(body).filter(({ severity }) => severity === 'error')
    expect(errors[0]).toMatchObject({ file: 'p.cedar', line: 1, reason: expect.stringMatching(reason) })
  })

  it('finds an action that no connection has', () => {
    expect(findings('true', 'action == Action::"github/pull_files"')[0]).toMatchObject({
      reason: expect.stringContaining('pull_files'),
    })
  })

  it('has the groups of the classes, and what comes back', () => {
    expect(findings('true', 'action in Action::"class/write.shared"')).toEqual([])
    expect(findings('true', 'action == Action::"receive"')).toEqual([])
  })

  it('stays a schema whatever upstreams call their tools and arguments', () => {
    const odd = schemaOf([
      {
        connection: 'x',
        tools: ['"', '\\', '\u0000', '"; entity Evil; //', '\u{1F600}', '__cedar'].map((name) => ({
          name,
          class: 'exec',
          inputSchema: { type: 'object', properties: { [name]: { type: 'string' } } },
        })),
      },
    ])
    expect(validateCedar('permit (principal, action, resource);', odd, 'p.cedar')).toEqual([])
  })
})
