/** Interpreters: options that are followed by code, options that take another value. */
export type Interpreter = {
  readonly code: string
  readonly valued?: string
  /** `-m module` */
  readonly module?: string
  /** without code or script, what is piped in is code, and a terminal is a session that nobody sees */
  readonly isSession?: boolean
  /** the first operand is code itself */
  readonly isFirstCode?: boolean
}

const PYTHON: Interpreter = {
  code: '-c',
  valued: '-W -X --check-hash-based-pycs',
  module: '-m',
  isSession: true,
}
const NODE: Interpreter = {
  code: '-e --eval -p --print',
  valued:
    '-r --require --import --loader --experimental-loader -C --conditions --env-file --max-old-space-size',
  isSession: true,
}

export const INTERPRETERS: ReadonlyMap<string, Interpreter> = new Map<string, Interpreter>([
  ['python', PYTHON],
  ['python2', PYTHON],
  ['python3', PYTHON],
  ['pypy', PYTHON],
  ['pypy3', PYTHON],
  ['ipython', { ...PYTHON, code: '-c' }],
  ['py', PYTHON],
  ['node', NODE],
  ['nodejs', NODE],
  ['tsx', NODE],
  ['ts-node', NODE],
  ['bun', { ...NODE, isSession: false }],
  ['perl', { code: '-e -E', valued: '-I -M -m -x -i -F -0 -l', isSession: true }],
  ['raku', { code: '-e', isSession: true }],
  ['ruby', { code: '-e', valued: '-I -r -C -E -x', isSession: true }],
  ['irb', { code: '-e', isSession: true }],
  ['php', { code: '-r -B -R -E', valued: '-d -c -f', isSession: true }],
  ['lua', { code: '-e', valued: '-l', isSession: true }],
  ['luajit', { code: '-e', valued: '-l', isSession: true }],
  ['osascript', { code: '-e', valued: '-l -s', isSession: true }],
  ['r', { code: '-e', isSession: true }],
  ['rscript', { code: '-e', isSession: true }],
  ['julia', { code: '-e -E --eval', isSession: true }],
  ['groovy', { code: '-e', isSession: true }],
  ['elixir', { code: '-e --eval', isSession: true }],
  ['erl', { code: '-eval', isSession: true }],
  ['swift', { code: '-e', isSession: true }],
  ['scala', { code: '-e', isSession: true }],
  ['tclsh', { code: '', isSession: true }],
  ['expect', { code: '-c', isSession: true }],
  ['guile', { code: '-c', isSession: true }],
  ['sbcl', { code: '--eval', isSession: true }],
  ['ghc', { code: '-e' }],
  ['runghc', { code: '', isSession: true }],
  ['runhaskell', { code: '', isSession: true }],
  ['racket', { code: '-e --eval', isSession: true }],
  ['clojure', { code: '-e --eval -M', isSession: true }],
  ['clj', { code: '-e --eval -M', isSession: true }],
  ['bb', { code: '-e', isSession: true }],
  ['janet', { code: '-e', isSession: true }],
  ['csi', { code: '-e', isSession: true }],
  ['jshell', { code: '', isSession: true }],
  ['crystal', { code: 'eval' }],
  ['m4', { code: '', valued: '-D -I' }],
  ['emacs', { code: '--eval -eval --execute', valued: '-l -Q' }],
  ['awk', { code: '', valued: '-F -v -f', isFirstCode: true }],
  ['gawk', { code: '-e', valued: '-F -v -f -i', isFirstCode: true }],
  ['mawk', { code: '', valued: '-F -v -f', isFirstCode: true }],
  ['nawk', { code: '', valued: '-F -v -f', isFirstCode: true }],
  ['mongosh', { code: '--eval' }],
  ['mongo', { code: '--eval' }],
])
