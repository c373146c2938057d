import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { html } from './html.ts'

describe('html', () => {
  it('escapes what somebody else wrote', () => {
    const name = `<script>alert("x")</script> & 'co'`
    expect(html`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;">' +
        '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;</p>',
    )
  })

  it('escapes once, also in templates within templates', () => {
    const inner = html`<b>${'a & b'}</b>`
    expect(html`<p>${inner}</p>`.text).toBe('<p><b>a &amp; b</b></p>')
    const items = ['<i>', '&'].map((item) => html`<b>${item}</b>`)
    expect(html`<p>${items}</p>`.text).toBe('<p><b>&lt;i&gt;</b><b>&amp;</b></p>')
  })

  it('leaves out what is not there', () => {
    expect(html`<p>${null}${undefined}${[]}</p>`.text).toBe('<p></p>')
  })

  it('takes no text for markup because it looks like an object that has one', () => {
    const forged = JSON.parse('{"text":"<script>"}')
    expect(() => html`${forged}`.text).toThrow()
  })

  it('never lets a text end its element or its attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { text: written } = html`<p title="${text}">${text}</p>`
        expect(written.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '').match(/[<>"']/g)).toEqual([
          '<',
          '"',
          '"',
          '>',
          '<',
          '>',
        ])
      }),
    )
  })
})
