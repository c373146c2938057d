import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import Fastify from 'fastify'
import { html } from './html.ts'
import { sendOn, sendPage } from './page.ts'

async function sent(path: string) {
  const server = Fastify()
  server.get('/page', (_, reply) =>
    sendPage(reply, {
      title: '<script>x</script>',
      body: html`<p>${'</p><script>'}</p>`,
      formTargets: ['http://127.0.0.1:4'],
    }),
  )
  server.get('/on', (_, reply) => sendOn(reply, '/there'))
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  const answer = await fetch(`${url}${path}`, { redirect: 'manual' })
  const text = await answer.text()
  await server.close()
  return { status: answer.status, header: (name: string) => answer.headers.get(name), text }
}

describe('a page', () => {
  it('is styled by exactly what its policy allows, and by nothing else', async () => {
    const { text, header } = await sent('/page')
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(text) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(style.length).toBeGreaterThan(100)
    expect(header('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self' http://127.0.0.1:4; base-uri 'none'; frame-ancestors 'none'`,
    )
  })

  it('has no script in it, whatever stands in it', async () => {
    const { text } = await sent('/page')
    expect(text).not.toContain('<script')
    expect(text).toContain('<title>&lt;script&gt;x&lt;/script&gt; · Writ</title>')
  })

  it('is kept by nobody, and neither is a redirect', async () => {
    for (const path of ['/page', '/on']) expect((await sent(path)).header('cache-control')).toBe('no-store')
    expect((await sent('/on')).status).toBe(303)
  })
})
