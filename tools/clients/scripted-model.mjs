// A model that says what a script tells it: one step for every turn of the conversation, on loopback.
import { createServer } from 'node:http'
import { anthropic } from './protocols/anthropic.mjs'
import { chat } from './protocols/chat.mjs'
import { gemini } from './protocols/gemini.mjs'
import { responses } from './protocols/responses.mjs'

export const PROTOCOLS = { anthropic, chat, gemini, responses }

/**
 * @param {{ protocol: keyof typeof PROTOCOLS, steps: ({ command: string } | { name: string, input: object | string } | { text: string })[] }} script
 *   `command`: the client's shell tool with that command; `name`: any tool of the client; `text`: words that end the conversation
 * @returns {Promise<{ port: number, turns: { askedAtMs: number, answeredAtMs: number, results: string[], said: string }[], stop: () => Promise<void> }>}
 */
export async function startScriptedModel({ protocol, steps }) {
  const spoken = PROTOCOLS[protocol]
  const turns = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const asked = { url: request.url, body }
      if (request.method !== 'POST' || !spoken.isTurn(asked)) return spoken.aside(response, asked)
      return answerTurn(response, body)
    })
  })

  function answerTurn(response, body) {
    const turn = { askedAtMs: performance.now(), results: spoken.results(body), said: spoken.said(body) }
    const wanted = steps[turns.length] ?? { text: 'That was all.' }
    const step = wanted.command === undefined ? wanted : spoken.call(wanted)
    turns.push(turn)
    spoken.answer(response, { step, turn: turns.length, body })
    turn.answeredAtMs = performance.now()
  }

  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { port: server.address().port, turns, stop: () => stop(server) }
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return null
  }
}

function stop(server) {
  server.closeAllConnections()
  return new Promise((resolve) => {
    server.close(resolve)
  })
}
