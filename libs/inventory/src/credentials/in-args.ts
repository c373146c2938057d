import { inAnyPlace, inNamedPlace, unsecret } from './held.ts'
import type { Held } from './held.ts'
import { inUrl } from './in-url.ts'
import { urlPartsOf } from './url-parts.ts'
import { namesSecret } from './patterns.ts'

/** Secrets on a command line, which every user of the machine can see while it runs. */
export function inArgs(args: readonly string[]): readonly Held[] {
  const held: Held[] = []
  for (let at = 0; at < args.length; at += 1) {
    const [arg = '', next = null] = [args[at], args[at + 1]]
    const found = inOption(arg, next)
    held.push(...(found?.held ?? inWord(arg)))
    if (found?.takesNext === true) at += 1
  }
  return held
}

type InOption = { readonly held: readonly Held[]; readonly takesNext: boolean }

/** null: the word is judged by itself. */
function inOption(arg: string, next: string | null): InOption | null {
  const [, option, own] = /^--?([\w.-]+)(?:=([^]*))?$/.exec(arg) ?? []
  const text = own ?? next
  if (option === undefined || text === null || (own === undefined && text.startsWith('-'))) return null
  const held = inValue(option, text)
  return held === null ? null : { held, takesNext: own === undefined }
}

/** null: it is no option whose value says something. */
function inValue(option: string, text: string): readonly Held[] | null {
  if (/^(?:H|headers?)$/.test(option)) return inHeaderLine(text)
  if (/^e(?:nv)?$/.test(option)) return inVariable(text)
  if (/^(?:client-|tls-)?cert$/.test(option)) return [unsecret('mtls', 'args', option)]
  return namesSecret(option) ? inNamedPlace(option, text, 'args') : null
}

function inHeaderLine(line: string): readonly Held[] {
  const [, name, text] = /^\s*([\w-]+)\s*[:=]\s*([^]*)$/.exec(line) ?? []
  if (name === undefined || text === undefined) return inAnyPlace(line, { part: 'args', name: null })
  return inNamedPlace(name, text, 'header')
}

/** `-e NAME=value`, or `-e NAME`: handed on from the environment. */
function inVariable(text: string): readonly Held[] {
  const [name = '', value] = text.split(/=(.*)/s)
  if (value !== undefined) return inNamedPlace(name, value, 'env')
  return namesSecret(name) ? [unsecret('reference', 'env', name)] : []
}

function inWord(arg: string): readonly Held[] {
  const url = urlPartsOf(arg)
  if (url !== null) return inUrl(url)
  const [, name, value] = /^-{0,2}([A-Za-z_][\w.-]*)=([^]+)$/.exec(arg) ?? []
  if (name !== undefined && value !== undefined) {
    const inner = urlPartsOf(value)
    return inner === null || namesSecret(name) ? inNamedPlace(name, value, 'args') : inUrl(inner)
  }
  return inAnyPlace(arg, { part: 'args', name: null })
}
