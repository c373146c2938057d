// Enough of a browser for pages of links and forms: cookies of one origin, redirects within it, hidden fields.
export function createFormBrowser() {
  const cookies = new Map()

  /** @returns the page, or where it leads away from this origin */
  async function visit(url, init = {}) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (name !== undefined) cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    const next = location === null ? null : new URL(location, url)
    if (next?.origin === new URL(url).origin) return visit(next.href)
    return { url, status: answer.status, leadsTo: next?.href ?? null, text: await answer.text() }
  }

  /** Sends the form of a page as a browser would, which says where it comes from. */
  function submit({ url, text }, fields = {}) {
    const [, action] = /<form[^>]*\saction="([^"]*)"/.exec(text) ?? []
    if (action === undefined) throw new Error(`${new URL(url).pathname} shows no form`)
    const hidden = [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const values = Object.fromEntries(hidden.map(([, name, value]) => [name, unescaped(value)]))
    return visit(new URL(action, url).href, {
      method: 'POST',
      headers: { origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ ...values, ...fields }),
    })
  }

  return { visit, submit }
}

const SIGNS = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const unescaped = (text) => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name) => SIGNS[name])
