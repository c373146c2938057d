import type { ToolAuthorizations } from '@writ/contracts'
import { html } from '../../pages/html.ts'
import type { Markup } from '../../pages/html.ts'
import type { Page } from '../../pages/page.ts'
import type { SignedIn } from '../../tenancy/human-door.ts'
import { CONSENT_MS } from './consents.ts'
import type { AskingAgent } from './consents.ts'

type Question = {
  readonly slug: string
  readonly agent: AskingAgent
  readonly who: SignedIn
  readonly authorizations: ToolAuthorizations | null
}

const DAYS = CONSENT_MS / (24 * 3_600_000)

/** Which agent asks, for whom, and for what. */
export const consentPage = (
  question: Question & { readonly request: string; readonly redirectUri: string },
): Page => {
  const { origin, host } = new URL(question.redirectUri)
  return {
    title: `Let ${question.agent.name} act for you?`,
    formTargets: [origin],
    body: html`${questionBody(question)}
      <p class="soft">
        Your answer goes to a program on this computer, at ${host}. Say yes only where you have started it
        yourself.
      </p>
      ${decisionForm(`/t/${question.slug}/oauth/authorize`, question.who, html`<input type="hidden" name="request" value="${question.request}" />`)}`,
  }
}

export const deviceConsentPage = (question: Question & { readonly userCode: string }): Page => ({
  title: `Let ${question.agent.name} act for you?`,
  body: html`${questionBody(question)}
    <p>The device that asks shows the code <code>${question.userCode}</code>.</p>
    <p class="soft">
      Say yes only where you have started this yourself and see the same code there. Nobody who sends you a
      code or a link needs your yes.
    </p>
    ${decisionForm(`/t/${question.slug}/oauth/device`, question.who, html`<input type="hidden" name="user_code" value="${question.userCode}" />`)}`,
})

export const userCodePage = (slug: string, wrong: boolean): Page => ({
  title: 'Connect a device',
  status: wrong ? 404 : 200,
  body: html`${wrong ? html`<p>There is no such code, or it is over. Look at the device again.</p>` : null}
    <form method="get" action="/t/${slug}/oauth/device">
      <label for="user_code">Code that the device shows</label>
      <input
        type="text"
        id="user_code"
        name="user_code"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
        maxlength="16"
        required
      />
      <button class="act" type="submit">Go on</button>
    </form>`,
})

export const decidedPage = (allowed: boolean): Page => ({
  title: allowed ? 'Done' : 'Refused',
  body: allowed
    ? html`<p>The agent may act for you now. You can close this page and go back to the device.</p>`
    : html`<p>The agent was told that you said no. You can close this page.</p>`,
})

export const notAskablePage = (): Page => ({
  title: 'This cannot be answered',
  status: 400,
  body: html`<p>
    The program that sent you here asked for something that cannot be given: it is no agent of this tenant, or
    wants the answer somewhere else than on this computer.
  </p>`,
})

function questionBody({ slug, agent, who, authorizations }: Question): Markup {
  return html`<dl>
      <dt>Agent</dt>
      <dd>${agent.name} <code>${agent.id}</code></dd>
      <dt>Owned by</dt>
      <dd>${agent.owner}</dd>
      <dt>Tenant</dt>
      <dd>${slug}</dd>
      <dt>You are</dt>
      <dd>${who.name}, ${who.email}</dd>
      <dt>For</dt>
      <dd>${DAYS} days, or until you or an admin take it back</dd>
    </dl>
    <p>It asks to do this in your name, as far as the policies of ${slug} allow:</p>
    ${
      authorizations === null
        ? html`<p><strong>everything that you may do</strong></p>`
        : html`<ul>
            ${authorizations.map(entryItem)}
          </ul>`
    }`
}

const entryItem = ({ connections, tools, classes }: ToolAuthorizations[number]): Markup =>
  html`<li>
    ${tools ? html`tools ${listed(tools)}` : 'every tool'},
    ${connections ? html`on ${listed(connections)}` : 'on every connection'}${
      classes ? html`, only to ${listed(classes)}` : null
    }
  </li>`

const listed = (names: readonly string[]): Markup =>
  html`${names.map((name, index) => html`${index === 0 ? null : ', '}<code>${name}</code>`)}`

const decisionForm = (action: string, { formToken }: SignedIn, fields: Markup): Markup =>
  html`<form method="post" action="${action}">
    <input type="hidden" name="form" value="${formToken}" />
    ${fields}
    <p><button class="act" type="submit" name="decision" value="allow">Allow</button></p>
    <p><button class="act quiet" type="submit" name="decision" value="deny">Refuse</button></p>
  </form>`
