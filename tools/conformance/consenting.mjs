// A human at a browser of a few lines: signs in by an owner link, and allows what an agent asks for.
const SIGNS = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

export class Consenting {
  #cookies = new Map()

  /** @param {string} link one that the operator made */
  async signIn(link) {
    await this.#submit(await this.#visit(link), {})
  }

  /** Answers the consent page with yes, and brings the answer to where it belongs. */
  async allow(url) {
    const page = await this.#visit(url)
    const { location } = await this.#submit(page, { decision: 'allow' })
    if (!location) throw new Error('the consent page sent the browser nowhere')
    await fetch(location)
  }

  async #submit({ url, text }, fields) {
    const [, action = ''] = /<form[^>]*\saction="([^"]*)"/.exec(text) ?? []
    const hidden = [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const values = Object.fromEntries(hidden.map(([, name, value]) => [name, unescaped(value)]))
    const { origin } = new URL(url)
    return this.#visit(new URL(action, url).href, {
      method: 'POST',
      headers: { origin, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ ...values, ...fields }),
    })
  }

  async #visit(url, init = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      this.#cookies.set(name, value)
    }
    return { url, location: answer.headers.get('location'), text: await answer.text() }
  }
}

const unescaped = (text) => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name) => SIGNS[name] ?? '')
