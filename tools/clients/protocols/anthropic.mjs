// Anthropic's messages, as Claude Code speaks them: `POST /v1/messages`, streamed.
import { eventsTo, json, textOf } from './events.mjs'

export const anthropic = {
  /** Requests without the tool that the script calls are for titles and the like. */
  isTurn: ({ url, body }) =>
    url.startsWith('/v1/messages') && !url.includes('count_tokens') && (body?.tools ?? []).length > 1,

  results: ({ messages }) =>
    [messages.at(-1)?.content ?? []]
      .flat()
      .filter(({ type }) => type === 'tool_result')
      .map(({ content }) => textOf(content)),

  said: ({ messages, system }) => `${textOf(system)}\n${JSON.stringify(messages)}`,

  call: ({ command }) => ({ name: 'Bash', input: { command, description: 'a step' } }),

  answer(response, { step, turn, body }) {
    const block = step.name
      ? { type: 'tool_use', id: `toolu_${turn}`, name: step.name, input: step.input }
      : { type: 'text', text: step.text }
    const stop = step.name ? 'tool_use' : 'end_turn'
    const message = {
      id: `msg_${turn}`,
      type: 'message',
      role: 'assistant',
      model: body.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    }
    if (body.stream) return stream(response, message, block, stop)
    return json(response, { ...message, content: [block], stop_reason: stop })
  },

  aside(response, { url, body }) {
    if (!url.startsWith('/v1/messages') || url.includes('count_tokens'))
      return json(response, { input_tokens: 1 })
    return anthropic.answer(response, { step: { text: 'a title' }, turn: 'aside', body })
  },
}

function stream(response, message, block, stop) {
  const events = eventsTo(response)
  const send = (type, content) => events.send(type, { type, ...content })
  const isCall = block.type === 'tool_use'
  send('message_start', { message })
  send('content_block_start', {
    index: 0,
    content_block: isCall ? { ...block, input: {} } : { ...block, text: '' },
  })
  send('content_block_delta', {
    index: 0,
    delta: isCall
      ? { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
      : { type: 'text_delta', text: block.text },
  })
  send('content_block_stop', { index: 0 })
  send('message_delta', {
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: 1 },
  })
  send('message_stop', {})
  events.end()
}
