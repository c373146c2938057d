/** What one JSON reader does where RFC 8259 leaves it a choice, or where it is laxer than that. */
export type Traits = {
  readonly name: string
  /** where that is written down */
  readonly source: string
  readonly detectsUtf16: boolean
  readonly invalidUtf8: 'refused' | 'replaced'
  readonly byteOrderMark: 'refused' | 'skipped'
  readonly duplicates: 'last' | 'first' | 'refused'
  readonly loneSurrogates: 'kept' | 'replaced' | 'refused'
  readonly trailing: 'refused' | 'ignored'
  readonly nonFinite: boolean
  readonly overflow: 'infinity' | 'refused'
  readonly comments: boolean
  readonly singleQuotes: boolean
  readonly unquoted: boolean
  readonly trailingComma: boolean
  readonly controlsInStrings: boolean
  readonly maxDepth: number
  readonly longestNumber: number
  /** how a name of a member finds the field that it is bound to, where the reader binds */
  readonly binding: 'exact' | 'folded' | 'up to a NUL'
}

const STRICT: Omit<Traits, 'name' | 'source'> = {
  detectsUtf16: false,
  invalidUtf8: 'refused',
  byteOrderMark: 'refused',
  duplicates: 'last',
  loneSurrogates: 'kept',
  trailing: 'refused',
  nonFinite: false,
  overflow: 'infinity',
  comments: false,
  singleQuotes: false,
  unquoted: false,
  trailingComma: false,
  controlsInStrings: false,
  maxDepth: 1_000_000,
  longestNumber: 1_000_000,
  binding: 'exact',
}

const GO = {
  ...STRICT,
  invalidUtf8: 'replaced',
  loneSurrogates: 'replaced',
  overflow: 'refused',
  maxDepth: 10_000,
  binding: 'folded',
} as const

/** Readers of the servers and clients that stand behind or before a gateway, each as its own documentation or issues tell. */
export const READERS: readonly Traits[] = [
  {
    ...GO,
    name: 'Go, encoding/json, Unmarshal',
    source:
      'pkg.go.dev/encoding/json#Unmarshal: invalid UTF-8 and surrogates become U+FFFD; golang/go#11673, #26687, #43664: the last member that folds to the field wins',
  },
  {
    ...GO,
    name: 'Go, encoding/json, Decoder',
    source:
      'pkg.go.dev/encoding/json#Decoder.Decode: reads the next value of a stream, and leaves what follows',
    trailing: 'ignored',
  },
  {
    ...GO,
    name: 'Go, a reader that ends names at a NUL',
    source: 'GHSA-q382-vc8q-7jhj of modelcontextprotocol/go-sdk; docker/mcp-gateway#418',
    binding: 'up to a NUL',
  },
  {
    ...STRICT,
    name: 'Go, encoding/json/v2',
    source: 'pkg.go.dev/encoding/json/v2: duplicate names and invalid UTF-8 are refused, names are exact',
    duplicates: 'refused',
    loneSurrogates: 'refused',
    overflow: 'refused',
    maxDepth: 10_000,
  },
  {
    ...STRICT,
    name: 'Python, json.loads of bytes',
    source:
      'docs.python.org/3/library/json.html: the last name wins, NaN and Infinity are read, bytes may be UTF-8, UTF-16 or UTF-32; sys.set_int_max_str_digits',
    detectsUtf16: true,
    byteOrderMark: 'skipped',
    nonFinite: true,
    maxDepth: 900,
    longestNumber: 4_300,
  },
  {
    ...STRICT,
    name: 'Python, pydantic (jiter)',
    source: 'docs.rs/jiter: LosslessFloat off, allow_inf_nan on, the last name wins',
    nonFinite: true,
    maxDepth: 200,
    loneSurrogates: 'refused',
  },
  {
    ...STRICT,
    name: 'Java, Jackson',
    source:
      'jackson-core wiki StreamReadConstraints (depth 1000, numbers of 1000); StreamReadFeature.STRICT_DUPLICATE_DETECTION and DeserializationFeature.FAIL_ON_TRAILING_TOKENS are off; ByteSourceJsonBootstrapper skips a byte order mark and detects UTF-16',
    detectsUtf16: true,
    byteOrderMark: 'skipped',
    trailing: 'ignored',
    maxDepth: 1_000,
    longestNumber: 1_000,
  },
  {
    ...STRICT,
    name: 'Java, Gson, lenient',
    source:
      'com.google.gson.stream.JsonReader#setLenient: comments, single quotes, no quotes, NaN; a byte order mark is skipped; JsonObject keeps the last of two names',
    invalidUtf8: 'replaced',
    byteOrderMark: 'skipped',
    nonFinite: true,
    comments: true,
    singleQuotes: true,
    unquoted: true,
    controlsInStrings: true,
    maxDepth: 255,
  },
  {
    ...STRICT,
    name: 'Java, org.json',
    source:
      'org.json.JSONObject: "more forgiving": an extra comma, single quotes, no quotes; "Duplicate key" is thrown; stleary/JSON-java tests unquotedText',
    invalidUtf8: 'replaced',
    byteOrderMark: 'skipped',
    duplicates: 'refused',
    trailing: 'ignored',
    singleQuotes: true,
    unquoted: true,
    trailingComma: true,
    maxDepth: 512,
  },
  {
    ...STRICT,
    name: 'C#, System.Text.Json with web defaults',
    source:
      'learn.microsoft.com JsonSerializerDefaults.Web: PropertyNameCaseInsensitive; the last value wins; MaxDepth 64',
    loneSurrogates: 'refused',
    overflow: 'refused',
    binding: 'folded',
    maxDepth: 64,
  },
  {
    ...STRICT,
    name: 'Rust, serde_json',
    source: 'docs.rs/serde_json: 128 deep; a struct refuses a duplicate field, a Map keeps the last',
    duplicates: 'last',
    loneSurrogates: 'refused',
    overflow: 'refused',
    maxDepth: 127,
  },
]
