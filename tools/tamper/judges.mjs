// Both verifiers of packs, each in its own language, asked about each case; where they do not say the very same, that is a fault of theirs.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const FILES = {
  node: fileURLToPath(new URL('../../libs/audit/verify/verify.mjs', import.meta.url)),
  python: fileURLToPath(new URL('../verify.py', import.meta.url)),
}
const { verifyFile } = await import(FILES.node)

/** One process for all cases: the verifier as a module, a case a line. */
const LOOP = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import verify
for line in sys.stdin:
    file, known = json.loads(line)
    words = [file]
    for name, values in known.items():
        for value in values if isinstance(values, list) else [values]:
            words += ["--" + name, value]
    try:
        file, _, given = verify.read_arguments(words)
        result = verify.json_text(verify.verify_pack(verify.open_source(file), given))
    except verify.CannotRun:
        result = "cannot run"
    sys.stdout.buffer.write(verify.utf8(result + "\\n"))
    sys.stdout.buffer.flush()
`

/** `ask(file, known)` gives what each says, as text. Without Python its half is null. */
export function openJudges(running) {
  const hasPython = spawnSync('python3', ['--version']).status === 0
  const python = hasPython ? startPython(running) : null
  return {
    hasPython,
    ask: async (file, known) => ({
      node: await verifyFile(file, known).then(JSON.stringify, (error) =>
        error.constructor.name === 'CannotRun' ? 'cannot run' : `threw ${error.stack}`,
      ),
      python: python === null ? null : await python(file, known),
    }),
    stop: () => python?.stop(),
  }
}

function startPython(running) {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const child = spawn('python3', ['-c', LOOP, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  running?.add('python verifier', () => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (file, known) => {
    child.stdin.write(`${JSON.stringify([file, known])}\n`)
    const { value, done } = await lines.next()
    return done ? 'the python verifier died' : value
  }
  return Object.assign(ask, {
    stop: async () => {
      child.stdin.end()
      await once(child, 'exit')
    },
  })
}

/** As an auditor runs them: exit code and output of the programs themselves. */
export function askPrograms(file, known) {
  const words = Object.entries(known).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [`--${name}`, value]),
  )
  const run = (program, verifier) => {
    const { status, stdout } = spawnSync(program, [verifier, file, ...words, '--json'], { encoding: 'utf8' })
    return { status, stdout: stdout.trimEnd() }
  }
  return { node: run(process.execPath, FILES.node), python: run('python3', FILES.python) }
}

/** Writes a pack as a folder or a zip. @param spoil what is done to the folder then */
export function writePack(path, { members, zip, spoil }) {
  rmSync(path, { recursive: true, force: true })
  if (zip !== undefined) {
    writeFileSync(path, zip)
    return
  }
  mkdirSync(path)
  for (const [name, bytes] of members) writeFileSync(join(path, name), bytes)
  spoil?.(path)
}
