import { casesOf, documentOf } from './policy-template.ts'
import type { PolicyTemplate } from './policy-template.ts'

const TITLE = 'No more than 5,000 an hour'

/** S6. */
export const MONEY_CAP: PolicyTemplate = {
  name: 'money-cap',
  title: TITLE,
  stops:
    'Payments that are small each and large together. Amounts are added up over the last hour of the session, calls that are still under way included, so that parallel transfers do not pass the cap either; the call that would go beyond 5,000 is denied. A payment that names no amount is asked about.',
  costs:
    'It counts the argument amount, as a number, whatever the currency: write the path of your own tools into the rule. Amounts leave the window up to a minute late. A delegated session starts from what its parent has spent, but two of them may each spend what is left. No benign cost was measured; the research replay has no sums.',
  attachedByDefault: false,
  document: documentOf(
    TITLE,
    [
      {
        id: 'deny-beyond-cap',
        effect: 'deny',
        on: ['outbound'],
        when: {
          all: [
            { path: 'action.class', op: 'eq', value: 'money' },
            {
              sum: 'args.amount',
              of: { event: 'call', class: ['money'] },
              window: '1h',
              plus: 'args.amount',
              op: 'gt',
              value: 5000,
            },
          ],
        },
        reason: 'More than 5,000 would be spent within an hour.',
      },
      {
        id: 'ask-without-amount',
        effect: 'ask',
        on: ['outbound'],
        when: {
          all: [
            { path: 'action.class', op: 'eq', value: 'money' },
            { path: 'args.amount', op: 'exists', value: false },
          ],
        },
        reason: 'The payment does not say how much it is.',
      },
    ],
    casesOf(
      {
        name: 'the third refund goes beyond the cap',
        now: '2026-11-21T10:00:00Z',
        history: [
          { tool: 'create_refund', class: 'money', amount: 2000 },
          { tool: 'create_refund', class: 'money', amount: 2500 },
        ],
        call: { tool: 'create_refund', class: 'money', args: { amount: 600 } },
        expect: { decision: 'deny', rules: ['deny-beyond-cap'] },
      },
      {
        name: 'exactly the cap passes',
        history: [{ tool: 'create_refund', class: 'money', amount: 4999.9 }],
        call: { tool: 'create_refund', class: 'money', args: { amount: 0.1 } },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'what was denied or is long ago does not count',
        history: [
          { tool: 'create_refund', class: 'money', amount: 4000, outcome: 'deny' },
          { tool: 'create_refund', class: 'money', amount: 4000, ago: '62m' },
        ],
        call: { tool: 'create_refund', class: 'money', args: { amount: 4000 } },
        expect: { decision: 'allow', rules: [] },
      },
      {
        name: 'a negative amount makes no room',
        history: [
          { tool: 'create_refund', class: 'money', amount: 4000 },
          { tool: 'create_refund', class: 'money', amount: -900 },
        ],
        call: { tool: 'create_refund', class: 'money', args: { amount: 200 } },
        expect: { decision: 'deny', rules: ['deny-beyond-cap'] },
      },
      {
        name: 'an amount that is no number is denied',
        call: { tool: 'create_refund', class: 'money', args: { amount: 'all of it' } },
        expect: { decision: 'deny', rules: ['deny-beyond-cap!'] },
      },
      {
        name: 'a payment without an amount is asked about',
        call: { tool: 'pay_invoice', class: 'money', args: { invoice: 'A-4711' } },
        expect: { decision: 'ask', rules: ['ask-without-amount'] },
      },
    ),
  ),
}
