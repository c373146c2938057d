/** Server-sent events, each one JSON object. */
export function eventsTo(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  return {
    send: (event, content) =>
      response.write(`${event === null ? '' : `event: ${event}\n`}data: ${JSON.stringify(content)}\n\n`),
    end: (last = '') => response.end(last),
  }
}

export function json(response, content) {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(content))
}

/** The text of a content that is a text, or a list of parts with texts. */
export function textOf(content) {
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map((part) => textOf(part.text ?? part.content ?? '')).join('\n')
  return content === undefined || content === null ? '' : JSON.stringify(content)
}
