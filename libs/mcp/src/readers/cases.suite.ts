/** The readers of the table below, by the names of their traits. */
export const COLUMNS = {
  go: 'Go, encoding/json, Unmarshal',
  python: 'Python, json.loads of bytes',
  jackson: 'Java, Jackson',
  gson: 'Java, Gson, lenient',
  orgJson: 'Java, org.json',
} as const
type Column = keyof typeof COLUMNS

/** What each reader makes of one text, as canonical JSON; null: it refuses it. A column that is left out makes what `others` says. */
export type ReaderCase = Readonly<Partial<Record<Column, string | null>>> & {
  readonly title: string
  /** a whole value, put into the place of an argument */
  readonly text: string | Uint8Array
  readonly others: string | null
  /** columns of which no source says it */
  readonly unsaid?: readonly Column[]
}

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))

/**
 * Texts that readers differ on, with what they make of them: from the sources of the traits, from nst/JSONTestSuite's "Parsing JSON is a
 * Minefield" for Go, Python, Gson, org.json and Jackson, and, for Python, from running it (`npm run drill -- fuzz` runs it where it is there).
 */
export const CASES: readonly ReaderCase[] = [
  { title: 'a name that stands twice', text: '{"a":1,"a":2}', others: '{"a":2}', orgJson: null },
  {
    title: 'a name that stands twice, once escaped',
    text: String.raw`{"a":1,"\u0061":2}`,
    others: '{"a":2}',
    orgJson: null,
  },
  { title: 'two names of other case', text: '{"a":1,"A":2}', others: '{"A":2,"a":1}' },
  {
    title: 'a name with a NUL',
    text: String.raw`{"a":1,"a\u0000":2}`,
    others: String.raw`{"a":1,"a\u0000":2}`,
  },
  {
    title: 'a byte that is not UTF-8',
    text: bytes('"a', 0xff, '"'),
    others: null,
    go: '"a\uFFFD"',
    gson: '"a\uFFFD"',
    orgJson: '"a\uFFFD"',
  },
  {
    title: 'a byte order mark before it',
    text: bytes(0xef, 0xbb, 0xbf, '1'),
    unsaid: ['orgJson'],
    others: '1',
    go: null,
  },
  {
    title: 'half a surrogate pair',
    text: String.raw`"\ud800"`,
    others: String.raw`"\ud800"`,
    go: '"\uFFFD"',
  },
  { title: 'a whole surrogate pair', text: String.raw`"\ud83d\ude00"`, others: '"\u{1F600}"' },
  { title: 'NaN', text: '[NaN]', others: null, python: '[NaN]', gson: '[NaN]', orgJson: '["NaN"]' },
  {
    title: 'a comment',
    text: '[1/* not 2 */]',
    others: null,
    gson: '[1]',
  },
  { title: 'single quotes', text: `['a']`, others: null, gson: '["a"]', orgJson: '["a"]' },
  { title: 'a word without quotes', text: '[a]', others: null, gson: '["a"]', orgJson: '["a"]' },
  { title: 'a comma too many', text: '[1,]', others: null, orgJson: '[1]' },
  { title: 'a line end in a text', text: '"a\nb"', others: null, gson: String.raw`"a\nb"` },
  { title: 'a number of no end', text: '1e400', others: 'Infinity', go: null },
  { title: 'a number that is nearly nothing', text: '1e-400', others: '0' },
  { title: 'a whole number beyond 2^53', text: '9007199254740993', others: '9007199254740992' },
  { title: 'a number with a zero before it', text: '[01]', unsaid: ['gson', 'orgJson'], others: null },
  { title: 'a number with a plus', text: '[+1]', unsaid: ['gson', 'orgJson'], others: null },
  { title: 'a number without its fraction', text: '[1.]', unsaid: ['gson', 'orgJson'], others: null },
  { title: 'what follows', text: '1 2', unsaid: ['orgJson'], others: null, jackson: '1' },
  {
    title: 'UTF-16',
    text: new Uint8Array(Buffer.from('"a"', 'utf16le')),
    others: null,
    python: '"a"',
    jackson: '"a"',
  },
  { title: 'nothing', text: '', unsaid: ['gson', 'orgJson'], others: null },
  { title: 'an empty name', text: '{"":1}', others: '{"":1}' },
  { title: 'a slash behind an escape', text: String.raw`"\/"`, others: '"/"' },
  { title: 'an escape that is none', text: String.raw`"\x41"`, others: null },
  {
    title: 'lists a hundred deep',
    text: `${'['.repeat(100)}${']'.repeat(100)}`,
    others: `${'['.repeat(100)}${']'.repeat(100)}`,
  },
]
