import { createHash } from 'node:crypto'
import { Markup } from './html.ts'

const CSS = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --card: #fff; --back: #f4f4f6; --act: #1f4e8c; --on: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #edeef0; --soft: #a5a8ae; --line: #363a3f; --card: #18191b; --back: #0e0f10; --act: #8ab8f5; --on: #0e0f10 }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--back); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  width: 100%; max-width: 27rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: 0 1px 3px rgb(0 0 0 / 8%);
}
.mark { margin: 0 0 1.25rem; font-size: .8rem; font-weight: 700; letter-spacing: .14em; text-transform: uppercase; color: var(--soft) }
h1 { margin: 0 0 1.1rem; font-size: 1.45rem; line-height: 1.25; overflow-wrap: anywhere }
p { margin: 0 0 1rem }
p:last-child { margin-bottom: 0 }
.soft { color: var(--soft); font-size: .92rem }
dl { margin: 0 0 1.25rem; display: grid; grid-template-columns: max-content 1fr; gap: .45rem 1rem }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
ul { margin: 0 0 1.25rem; padding: 0; list-style: none; display: grid; gap: .6rem }
.act {
  display: block; width: 100%; padding: .7rem 1rem; border: 1px solid var(--act); border-radius: 9px; background: var(--act); color: var(--on);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; overflow-wrap: anywhere;
}
.act:hover { filter: brightness(1.08) }
.act:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
.act.quiet { background: transparent; color: var(--act) }
form { margin: 0 0 .6rem }
form:last-child { margin-bottom: 0 }
label { display: block; margin: 0 0 .35rem; font-weight: 600 }
input[type=text] {
  width: 100%; margin: 0 0 1rem; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 9px; background: var(--back);
  color: inherit; font: inherit;
}
code { font: .9em ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere }
`

/** The look of every page, as an element: its content stands there byte for byte as its hash in the policy says. */
export const STYLE = new Markup([`<style>${CSS}</style>`], [])

/** As a source of a content security policy. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(CSS).digest('base64')}'`
