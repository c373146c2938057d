// Chat completions, as Copilot CLI and opencode speak them: `POST /v1/chat/completions`, streamed.
import { eventsTo, json, textOf } from './events.mjs'

export const chat = {
  isTurn: ({ url, body }) => url.endsWith('/chat/completions') && (body?.tools ?? []).length > 0,

  results: ({ messages }) =>
    messages
      .slice(messages.findLastIndex(({ role }) => role !== 'tool') + 1)
      .map(({ content }) => textOf(content)),

  said: ({ messages }) => JSON.stringify(messages),

  call: ({ command }) => ({ name: 'bash', input: { command, description: 'a step' } }),

  answer(response, { step, turn, body }) {
    const message = step.name
      ? {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              index: 0,
              id: `call_${turn}`,
              type: 'function',
              function: { name: step.name, arguments: JSON.stringify(step.input) },
            },
          ],
        }
      : { role: 'assistant', content: step.text }
    const finish = step.name ? 'tool_calls' : 'stop'
    const envelope = { id: `chat_${turn}`, created: 1, model: body.model }
    if (!body.stream)
      return json(response, {
        ...envelope,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: finish }],
        usage: USAGE,
      })
    const events = eventsTo(response)
    const send = (content) => events.send(null, { ...envelope, object: 'chat.completion.chunk', ...content })
    send({ choices: [{ index: 0, delta: message, finish_reason: null }] })
    send({ choices: [{ index: 0, delta: {}, finish_reason: finish }] })
    send({ choices: [], usage: USAGE })
    return events.end('data: [DONE]\n\n')
  },

  aside(response, { url, body }) {
    if (!url.endsWith('/chat/completions')) return json(response, { object: 'list', data: [] })
    return chat.answer(response, { step: { text: 'a title' }, turn: 'aside', body })
  },
}

const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
