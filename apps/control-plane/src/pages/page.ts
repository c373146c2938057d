import type { FastifyReply } from 'fastify'
import { html } from './html.ts'
import type { Markup } from './html.ts'
import { STYLE, STYLE_SOURCE } from './style.ts'

export type Page = {
  readonly title: string
  readonly body: Markup
  readonly status?: number
  /** where its forms may end up besides here, as sources of a content security policy: a browser follows no redirect of a form to anywhere else */
  readonly formTargets?: readonly string[]
}

/** Sends a page: no script, no frame, nothing from elsewhere, kept by nobody. */
export function sendPage(reply: FastifyReply, page: Page): void {
  void reply
    .status(page.status ?? 200)
    .headers({ ...HEADERS, 'content-security-policy': policyOf(page) })
    .send(documentOf(page))
}

/** Sends the browser on. 303: by GET, whatever this was. */
export function sendOn(reply: FastifyReply, to: string): void {
  void reply
    .status(303)
    .headers({ ...HEADERS, location: to })
    .send()
}

const documentOf = ({ title, body }: Page): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Writ</title>
        ${STYLE}
      </head>
      <body>
        <main>
          <p class="mark">Writ</p>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `.text

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // Not `no-referrer`: a browser then posts our own forms with `Origin: null`.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

const policyOf = ({ formTargets = [] }: Page): string =>
  [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    ["form-action 'self'", ...formTargets].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
