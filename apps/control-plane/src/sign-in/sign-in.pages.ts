import type { SsoConnectionId } from '@writ/contracts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import type { SignedIn } from '../tenancy/human-door.ts'
import type { SignInFailure } from './sign-in.service.ts'

type Offered = { readonly id: SsoConnectionId; readonly name: string }

/** Ways to sign in. A tenant without any looks like a tenant that does not exist. */
export function signInPage(slug: string, offered: readonly Offered[], query: string): Page {
  const title = `Sign in to ${slug}`
  if (offered.length === 0)
    return {
      title,
      body: html`<p>There is no way to sign in here.</p>
        <p class="soft">
          An owner of this tenant connects an identity provider first, or the operator makes an owner link.
        </p>`,
    }
  const ways = offered.map(
    ({ id, name }) =>
      html`<li><a class="act" href="/t/${slug}/sign-in/${id}${query}">Continue with ${name}</a></li>`,
  )
  return {
    title,
    body: html`<ul>
        ${ways}
      </ul>
      <p class="soft">You will be asked by your organisation who you are.</p>`,
  }
}

const FAILURES: Readonly<Record<SignInFailure, string>> = {
  over: 'This sign-in was not begun in this browser, took too long, or was used already.',
  away: 'The identity provider could not be reached. Try again in a moment; if it stays like this, tell whoever connected it.',
  unproven: 'What the identity provider answered does not hold, so nobody was signed in.',
  'not-admitted': 'You are not let in here. Ask an owner of this tenant.',
}

export const failurePage = (slug: string, failure: SignInFailure): Page => ({
  title: 'Not signed in',
  status: failure === 'away' ? 502 : 403,
  body: html`<p>${FAILURES[failure]}</p>
    <p><a class="act quiet" href="/t/${slug}/sign-in">Sign in again</a></p>`,
})

export function mePage(slug: string, { name, email, roles, authTime, formToken }: SignedIn): Page {
  const since = authTime === null ? 'not known' : new Date(authTime * 1000).toISOString().replace('.000', '')
  return {
    title: `Signed in as ${name}`,
    body: html`<dl>
        <dt>Tenant</dt>
        <dd>${slug}</dd>
        <dt>E-mail</dt>
        <dd>${email}</dd>
        <dt>Roles</dt>
        <dd>${roles.length === 0 ? 'none' : roles.join(', ')}</dd>
        <dt>Last proof</dt>
        <dd>${since}</dd>
      </dl>
      <form method="post" action="/t/${slug}/sign-out">
        <input type="hidden" name="form" value="${formToken}" />
        <button class="act quiet" type="submit">Sign out</button>
      </form>`,
  }
}

export const signedOutPage = (slug: string): Page => ({
  title: 'Signed out',
  body: html`<p>You are signed out of Writ. Your identity provider may still know you.</p>
    <p><a class="act quiet" href="/t/${slug}/sign-in">Sign in again</a></p>`,
})

export const notOwnFormPage = (slug: string): Page => ({
  title: 'Not done',
  status: 403,
  body: html`<p>This form does not come from a page that was shown to you here, so nothing was done.</p>
    <p><a class="act quiet" href="/t/${slug}/me">Go on</a></p>`,
})
