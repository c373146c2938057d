/** What a browser shows after all redirects. */
export type Shown = {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Enough of a browser: cookies of each origin, redirects, forms. `reach` says where an origin really listens. */
export class Browser {
  readonly #reach: (url: string) => string
  readonly #cookies = new Map<string, Map<string, string>>()
  /** every URL that it was sent to, the last one last */
  readonly visited: string[] = []
  /** stops before a redirect that starts with this, and shows it */
  stopBefore: string | null = null

  constructor(reach: (url: string) => string = (url) => url) {
    this.#reach = reach
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(origin)?.get(name)
  }

  setCookie(origin: string, name: string, value: string): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>()
    this.#cookies.set(origin, jar.set(name, value))
  }

  async visit(url: string, init: RequestInit = {}): Promise<Shown> {
    const target = new URL(url)
    this.visited.push(target.href)
    const answer = await fetch(this.#reach(target.href), {
      ...init,
      redirect: 'manual',
      headers: { ...Object.fromEntries(new Headers(init.headers)), cookie: this.#cookiesOf(target) },
    })
    for (const cookie of answer.headers.getSetCookie()) this.#keep(target, cookie)
    const location = answer.headers.get('location')
    const isStopped = location !== null && this.stopBefore !== null && location.startsWith(this.stopBefore)
    if (location !== null && !isStopped) return this.visit(new URL(location, target).href)
    return { url: target, status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  /** Posts the form of a page as a browser would: with its hidden fields, and saying where it comes from. */
  submit({ url, text }: Shown, fields: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const [, action = ''] = /<form[^>]*\saction="([^"]*)"/.exec(text) ?? []
    const hidden = [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const values = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, unescaped(value)]))
    return this.visit(new URL(action, url).href, {
      method: 'POST',
      headers: { origin: url.origin, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ ...values, ...fields }),
    })
  }

  #cookiesOf({ origin }: URL): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #keep({ origin }: URL, cookie: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    if (value === '' || /max-age=0/i.test(cookie)) this.#cookies.get(origin)?.delete(name)
    else this.setCookie(origin, name, value)
  }
}

const unescaped = (text: string): string =>
  text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => SIGNS[name] ?? '')

const SIGNS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** Goes through the login and consent pages of the identity provider. */
export async function logIn(browser: Browser, page: Shown, login: string): Promise<Shown> {
  let shown = page
  for (let step = 0; step < 4 && shown.text.includes('name="prompt"'); step += 1)
    shown = await browser.submit(shown, shown.text.includes('name="login"') ? { login, password: 'any' } : {})
  return shown
}
