/** Bodies of about one size that cost readers more than their size: each as long as the limit lets it be. */
export const WORST: readonly { readonly title: string; readonly body: (size: number) => string }[] = [
  { title: 'lists in lists', body: (size) => '['.repeat(size) },
  { title: 'objects in objects', body: (size) => '{"a":'.repeat(size / 5) },
  { title: 'backslashes', body: (size) => called(`"${'\\\\'.repeat(size / 2)}"`) },
  { title: 'backslashes without end', body: (size) => `{"jsonrpc":"${'\\'.repeat(size)}` },
  { title: 'quotation marks behind backslashes', body: (size) => called(`"${'\\"'.repeat(size / 2)}"`) },
  { title: 'escapes', body: (size) => called(`"${'\\u0061'.repeat(size / 6)}"`) },
  { title: 'pairs behind escapes', body: (size) => called(`"${'\\ud83d\\ude00'.repeat(size / 12)}"`) },
  { title: 'names of other case', body: (size) => called(`{${named(size / 12, (at) => `Name${at}`)}}`) },
  {
    title: 'one name that folds to eighteen times its length',
    body: (size) => called(`{"A":1,"${'\ufdfa'.repeat(size / 3)}":1}`),
  },
  {
    title: 'names that fold to eighteen times their length',
    body: (size) => called(`{"A":1,${named(size / 170, (at) => `${at}${'\ufdfa'.repeat(54)}`)}}`),
  },
  {
    title: 'names of many marks in no order',
    body: (size) => called(`{"A":1,${named(size / 2000, (at) => `${at}${'\u0315\u0316'.repeat(490)}`)}}`),
  },
  {
    title: 'names of marks that combine',
    body: (size) => called(`{"A":1,"${'e\u0301\u0327'.repeat(size / 5)}":1}`),
  },
  { title: 'empty objects', body: (size) => called(`[${'{},'.repeat(size / 3)}1]`) },
  { title: 'numbers', body: (size) => called(`[${'1,'.repeat(size / 2)}1]`) },
  { title: 'one number', body: (size) => called('9'.repeat(size)) },
  { title: 'numbers with exponents', body: (size) => called(`[${'1e5,'.repeat(size / 4)}1]`) },
  { title: 'one number with a fraction', body: (size) => called(`0.${'1'.repeat(size)}`) },
  { title: 'space', body: (size) => `${' '.repeat(size)}{}` },
]

const called = (value: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"v":${value}}}}`

const named = (count: number, nameOf: (at: number) => string): string =>
  Array.from({ length: Math.floor(count) }, (_, at) => `"${nameOf(at)}":1`).join()
