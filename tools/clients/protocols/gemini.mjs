// Gemini's generateContent, as Gemini CLI speaks it: `POST …:streamGenerateContent?alt=sse`.
import { eventsTo, json } from './events.mjs'

export const gemini = {
  /** A router asks first, without tools. */
  isTurn: ({ url, body }) => url.includes(':streamGenerateContent') && (body?.tools ?? []).length > 0,

  results: ({ contents }) =>
    (contents.at(-1)?.parts ?? [])
      .filter(({ functionResponse }) => functionResponse !== undefined)
      .map(({ functionResponse }) => JSON.stringify(functionResponse.response)),

  said: ({ systemInstruction, contents }) => JSON.stringify([systemInstruction, contents]),

  call: ({ command }) => ({ name: 'run_shell_command', input: { command, description: 'a step' } }),

  answer(response, { step }) {
    const part = step.name ? { functionCall: { name: step.name, args: step.input } } : { text: step.text }
    const events = eventsTo(response)
    events.send(null, candidate(part))
    events.end()
  },

  aside(response, { url }) {
    if (url.includes(':countTokens')) return json(response, { totalTokens: 1 })
    const answer = candidate({
      text: JSON.stringify({
        reasoning: 'a script',
        model_choice: 'pro',
        complexity_reasoning: '',
        complexity_score: 1,
      }),
    })
    if (!url.includes(':streamGenerateContent')) return json(response, answer)
    const events = eventsTo(response)
    events.send(null, answer)
    return events.end()
  },
}

const candidate = (part) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
})
