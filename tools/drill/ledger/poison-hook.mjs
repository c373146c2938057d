// Loaded into the audit worker of a drill: it dies, as if by a fault of its own, as soon as it looks into one certain record. Never loaded otherwise.
// It goes by the text of that one record: what holds it together with others is not read yet.
import { readFileSync } from 'node:fs'

const RECORD = /^\{"/
const parse = JSON.parse
let mark = null

JSON.parse = (text, ...others) => {
  if (typeof text === 'string' && RECORD.test(text) && text.includes('"decisionId"') && isMarked(text))
    process.kill(process.pid, 'SIGKILL')
  return parse(text, ...others)
}

/** The whole text is one record, and the file names its decision. */
function isMarked(text) {
  mark ||= markedDecision()
  if (mark === '' || !text.includes(mark)) return false
  const { v, kind, decisionId } = parse(text)
  return v !== undefined && kind === 'opened' && decisionId === mark
}

function markedDecision() {
  try {
    return readFileSync(process.env.WRIT_DRILL_POISON, 'utf8').trim()
  } catch {
    return ''
  }
}
