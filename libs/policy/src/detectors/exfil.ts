import type { Work } from '../work.ts'
import type { Span } from './sighting.ts'

/**
 * Markdown or HTML images and links whose URL carries data away when it is shown: a query value that is a slot for the model to
 * fill (`?data={conversation}`), or is already a packed blob under a telling name.
 */
export function* detectExfiltration(text: string, work: Work): Generator<Span> {
  if (!text.includes('://')) return
  for (const shape of [MARKDOWN, HTML_IMAGE]) {
    if (!affords(text, work)) return
    for (const match of text.matchAll(shape)) {
      const { 0: found, index } = match
      const isImage = found.startsWith('!') || found.startsWith('<')
      if (carriesData(match[1] ?? '', isImage))
        yield { signal: 'inj.exfil', start: index, end: index + found.length }
    }
  }
}

/** A link that never ends is read as far as a URL may reach, and again from the next link. */
function affords(text: string, work: Work): boolean {
  for (const _ of text.matchAll(LINK)) if (!work.take(COST_OF_LINK)) return false
  return true
}

const LINK = /\]\( ?<?http|<img/gi
const COST_OF_LINK = 32

export const MARKDOWN = /!?\[[^\]\n]{0,200}\]\( ?<?(https?:\/\/[^)\n]{1,2000})\)/gi
export const HTML_IMAGE = /<img\b[^>\n]{0,200}?\bsrc ?= ?["']?(https?:\/\/[^"'\n]{1,2000})/gi

/** Names under which stolen text travels. Names of ordinary signed, dynamic or placeholder images (`sig`, `jwt`, `text`) are not here. */
export const PARAMETER =
  /[?&](data|d|q|c|payload|content|secrets?|exfil|leak|dump|info|msg|message|chat|history|conversation|convo|prompt|context|cookies?|env|pwd|password|passwd|api_?key|creds?|credentials?|keys?|token|b64|body|log|stolen|result|response|summary|user_?data)=([^&#]{1,2000})/gi

const SLOT =
  /^(?:(?:\{\{?|\[|<|\$\{|%7b|%5b|%3c)[\w .,'%-]{2,80}(?:\}|\]|>|%7d|%5d|%3e)|(?:[A-Z0-9]{2,20}_){0,6}(?:DATA|SECRETS?|CONVERSATION|HISTORY|PROMPT|CREDENTIALS?|PASSWORDS?|SUMMARY)(?:_[A-Z0-9]{2,20}){0,6}$)/
const BLOB = /^[A-Za-z0-9+/_-]{24,}={0,2}$|^(?:%[0-9A-Fa-f]{2}){12}/
const TELLING =
  /^(?:data|payload|secrets?|exfil|leak|dump|chat|history|conversation|convo|prompt|context|cookies?|env|pwd|password|passwd|api_?key|creds?|credentials?|b64|stolen|user_?data)$/i

function carriesData(url: string, isImage: boolean): boolean {
  return [...url.matchAll(PARAMETER)].some(([, name = '', value = '']) => {
    if (SLOT.test(value)) return isImage || TELLING.test(name)
    return isImage && TELLING.test(name) && BLOB.test(value)
  })
}
