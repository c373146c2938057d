import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import type { Span } from '../sighting.ts'

/**
 * Markdown or HTML images and links whose URL carries data away when it is shown: a query value that is a slot for the model to
 * fill (`?data={conversation}`), or is already a packed blob under a telling name.
 * Not covered: data in the path or the host name, and names of parameters that say nothing.
 */
export const exfilRecogniser: Recogniser = {
  signals: ['inj.exfil'],
  triggers: literals('](http', ']( http', '](<http', ']: http', '<img'),
  recognise: (text, start, end) =>
    text.charAt(start) === '<' ? imageAt(text, start) : linkAt(text, start, end),
}

const NONE: readonly Span[] = []

function linkAt(text: string, start: number, end: number): readonly Span[] {
  URL_REST.lastIndex = end - 'http'.length
  const url = URL_REST.exec(text)?.[0]
  if (url === undefined) return NONE
  const near = Math.max(0, start - MOST_LABEL)
  const label = near + text.slice(near, start).lastIndexOf('[')
  const isNear = label >= near
  const opened = isNear ? label : start
  const isImage = isNear && text.charAt(label - 1) === '!'
  if (!carriesData(url, isImage)) return NONE
  const close = end - 'http'.length + url.length
  return [
    {
      signal: 'inj.exfil',
      start: isImage ? opened - 1 : opened,
      end: text.charAt(close) === ')' ? close + 1 : close,
    },
  ]
}

function imageAt(text: string, start: number): readonly Span[] {
  HTML_IMAGE.lastIndex = start
  const found = HTML_IMAGE.exec(text)
  return found !== null && carriesData(found[1] ?? '', true)
    ? [{ signal: 'inj.exfil', start, end: start + found[0].length }]
    : NONE
}

const MOST_LABEL = 200
/** With a query, or it carries nothing. */
const URL_REST = /https?:\/\/[^)?\n]{1,500}\?[^)\n]{1,500}/iy
const HTML_IMAGE = /<img\b[^>\n]{0,200}?\bsrc ?= ?["']?(https?:\/\/[^"'\n]{1,500})/iy

/** Names under which stolen text travels. Names of ordinary signed, dynamic or placeholder images (`sig`, `jwt`, `text`) are not here. */
const PARAMETER =
  /[?&](data|d|q|c|payload|content|secrets?|exfil|leak|dump|info|msg|message|chat|history|conversation|convo|prompt|context|cookies?|env|pwd|password|passwd|api_?key|creds?|credentials?|keys?|token|b64|body|log|stolen|result|response|summary|user_?data)=([^&#]{1,500})/gi

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
