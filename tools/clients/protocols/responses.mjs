// OpenAI's responses, as Codex speaks them: `POST /v1/responses`, streamed.
import { eventsTo, json, textOf } from './events.mjs'

export const responses = {
  isTurn: ({ url, body }) => url.startsWith('/v1/responses') && (body?.tools ?? []).length > 0,

  results: ({ input }) =>
    input
      .slice(input.findLastIndex(({ type }) => !type?.endsWith('_output')) + 1)
      .map(({ output }) => textOf(output)),

  said: ({ instructions, input }) => `${instructions ?? ''}\n${JSON.stringify(input)}`,

  call: ({ command }) => ({ name: 'exec_command', input: { cmd: command } }),

  answer(response, { step, turn }) {
    const item = step.name ? callOf(step, turn) : wordsOf(step.text, turn)
    const id = `resp_${turn}`
    const events = eventsTo(response)
    const send = (type, content) => events.send(type, { type, ...content })
    send('response.created', { response: { id } })
    send('response.output_item.done', { output_index: 0, item })
    send('response.completed', { response: { id, output: [item], usage: USAGE } })
    events.end()
  },

  aside(response, { url }) {
    if (url.startsWith('/v1/responses'))
      return responses.answer(response, { step: { text: 'a title' }, turn: 'aside' })
    return json(response, { data: [], models: [] })
  },
}

/** A tool with a free text is called otherwise than one with arguments. */
const callOf = ({ name, input, namespace }, turn) => ({
  id: `item_${turn}`,
  call_id: `call_${turn}`,
  name,
  status: 'completed',
  ...(typeof input === 'string'
    ? { type: 'custom_tool_call', input }
    : { type: 'function_call', arguments: JSON.stringify(input) }),
  ...(namespace && { namespace }),
})

const wordsOf = (text, turn) => ({
  id: `item_${turn}`,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
})

const USAGE = {
  input_tokens: 5,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 10,
}
