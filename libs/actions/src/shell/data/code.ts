/** Words of scripting languages that say what a piece of code does. They are looked for outside of strings. */

export const RUNS =
  /\b(?:system|popen\d?|exec(?:Sync|File\w*|v\w*|l\w*)?|spawn(?:Sync|v\w*|l\w*)?|posix_spawn\w*|subprocess|child_process|shell_exec|passthru|proc_open|pcntl_exec|Open3|Process\.(?:spawn|start|exec)|Runtime|ProcessBuilder|execute|getoutput|getstatusoutput|check_output|check_call|pty|shelljs|execa|zx|Shell|[Ii]nvoke-[Ee]xpression|iex|callCommand|callProcess|readProcess|e?syscmd)\b|os:cmd|sys\.process|java\.shell|\bshell\/sh\b|\.exec\b|do shell script|%x|\bqx\b|Bun\.\$|Deno\.(?:run|Command)|\$`/
/** Backticks run only in these. */
export const RUNS_IN_BACKTICKS = /^(?:perl|ruby|php|raku)$/
export const DELETES =
  /\b(?:rmtree|remove_tree|rm_rf|rm_r|rm_f|rm|rmSync|rmdir\w*|unlink\w*|rimraf\w*|removedirs|[Rr]emove\w*|delete|deltree|delete_tree|emptyDir\w*|truncate\w*|send2trash|trash|outputFile\w*|delete-\w+|rmdir_all|Directory\.Delete)\b/
export const READS =
  /\b(?:open\w*|read\w*|file|IO|File|Path|slurp|file_get_contents|fopen|createReadStream|copy\w*|cp\w*|load_dotenv|dotenv\w*|dotenv_values|getline|import|require|include|loadtxt|parse|load\w*|fileinput|linecache|getlines|io\.lines|loadfile|ReadFile|DictReader|ConfigParser|netrc|tarfile|zipfile|make_archive|sqlite3)\b|<\s*\(/
export const WRITES =
  /\b(?:write\w*|append\w*|copy\w*|cp\w*|rename\w*|move|symlink\w*|link\w*|chmod\w*|dump\w*|file_put_contents|fputs|fwrite|fopen|open\w*|outputFile\w*|outputJson\w*|touch|puts|print)\b/
export const SPEAKS =
  /\b(?:urlopen|urlretrieve|urllib\w*|requests|httpx|aiohttp|http|https|fetch|axios|got|undici|superagent|XMLHttpRequest|WebSocket|socket\w*|Net|net|open-uri|LWP|HTTP|IO::Socket|curl_\w+|fsockopen|stream_socket_client|TCPSocket|UDPSocket|TCPServer|smtplib|ftplib|telnetlib|paramiko|dns|gethostby\w+|getaddrinfo|wget|download\w*|url|Mechanize|Faraday|HTTParty|RestClient|webrequest|webclient|downloadstring|iwr|irm|curl)\b/i
export const EVALUATES =
  /\b(?:eval|exec|compile|execfile|Function|runInThisContext|runInNewContext|vm|instance_eval|class_eval|module_eval|create_function|assert|source|include|loadstring|load|dofile|require|import\(|iex|invoke-expression)\b/
/** Reaches names by text, so that no word of the code says what it does. */
export const HIDES =
  /\b(?:getattr|__import__|importlib|import_module|__builtins__|__dict__|globals|locals|vars|const_get|public_send|send|method|constantize|call_user_func\w*|array_map|array_walk|array_filter|process\.binding|constructor|Reflect|eval|exec|compile|Function)\b|globalThis\s*\[|global\s*\[|this\s*\[|require\s*\(\s*[^§)]/
export const DECODES =
  /\b(?:b64decode|base64|atob|fromCharCode|fromCodePoint|unhexlify|fromhex|a2b_\w+|chr|unpack\w*|pack|codecs|rot_?13|decompress|inflate\w*|marshal|pickle|decode\w*|base64_decode|hex2bin|str_rot13|strrev|gzinflate|reverse|reversed|join)\b|Buffer\.from|\[::-1\]/i
export const ENVIRONMENT_WHOLE =
  /os\.environ(?!\s*(?:\.(?:get|setdefault|pop|update)\b|\[))|process\.env(?!\s*(?:\.\w|\[|\?\.))|(?<![.\w])ENV\b(?!\s*(?:\[|\.fetch|\.key))|%ENV\b|\$_(?:ENV|SERVER)\b(?!\s*\[)|\bgetenv\s*\(\s*\)|\bget-childitem\s+env:|\bSystem\.getenv\(\)/i
export const HOME_DIRECTORY =
  /homedir|Dir\.home|expanduser|Path\.home|home\(\)|\bHOME\b|USERPROFILE|\$HOME|\$env:HOME/
export const SHOWS =
  /\b(?:print\w*|console|puts|p|echo|say|write\w*|stdout|log|inspect|pprint|dump\w*|var_dump|stringify|json_encode|to_json|[Pp]rintln|Printf)\b/
export const STARTS_SHELL = /\/bin\/(?:ba|z|da|k)?sh|cmd\.exe|powershell|\bsh\b|\bbash\b/
export const WIRES_SHELL = /\b(?:dup2|pty|spawn|exec\w*|subprocess|popen|system|Popen|STDIN|stdin)\b/
