import type { PackageEcosystem } from '@writ/contracts'

/** Package managers: the verbs that install what is named, and the options that take a value. */
export type Manager = {
  readonly installs: RegExp
  readonly valued: string
  /** runs a package that it may fetch */
  readonly runs?: RegExp
  /** with no package named it installs what the lock file says */
  readonly isLocked?: boolean
}

const NPM_VALUED =
  '--prefix -C --dir --cwd --registry --loglevel --tag --workspace -w --userconfig --cache -F --filter --omit --include --package -p -c --call --store-dir --reporter'
const PIP_VALUED =
  '-r --requirement -c --constraint -e --editable -t --target --prefix --root --src -i --index-url --extra-index-url -f --find-links --trusted-host --proxy --python --python-version --platform --cache-dir --log --cert --group --index --default-index --directory --project -p'

export const MANAGERS: Readonly<Record<string, Manager>> = {
  npm: {
    installs:
      /^(?:i|in|ins|inst|insta|instal|install|isnt|isnta|isntal|isntall|add|link|ln|update|up|upgrade|install-test|it|rebuild)$/,
    valued: NPM_VALUED,
    runs: /^(?:exec|x|create|init|innit)$/,
    isLocked: true,
  },
  cnpm: { installs: /^(?:i|install|add)$/, valued: NPM_VALUED, isLocked: true },
  pnpm: {
    installs: /^(?:i|install|add|update|up|link)$/,
    valued: NPM_VALUED,
    runs: /^(?:dlx|create)$/,
    isLocked: true,
  },
  yarn: {
    installs: /^(?:add|up|upgrade|install|link)$/,
    valued: NPM_VALUED,
    runs: /^(?:dlx|create)$/,
    isLocked: true,
  },
  bun: {
    installs: /^(?:i|install|add|a|update|link)$/,
    valued: NPM_VALUED,
    runs: /^(?:x|create)$/,
    isLocked: true,
  },
  pip: { installs: /^(?:install|download|wheel)$/, valued: PIP_VALUED },
  uv: {
    installs: /^(?:add|pip install|tool install|tool upgrade|pip sync)$/,
    valued: PIP_VALUED,
    runs: /^(?:tool run)$/,
    isLocked: true,
  },
  pipx: { installs: /^(?:install|inject|upgrade)$/, valued: PIP_VALUED, runs: /^run$/ },
  poetry: {
    installs: /^(?:add|self add)$/,
    valued: '-G --group -C --directory --source -E --extras',
    isLocked: true,
  },
  pdm: { installs: /^add$/, valued: '-G -d -p', isLocked: true },
  pipenv: { installs: /^install$/, valued: '-r --index -i', isLocked: true },
  rye: { installs: /^(?:add|install)$/, valued: '' },
  hatch: { installs: /^(?:dep add)$/, valued: '' },
  conda: {
    installs: /^(?:install|create|update|env create)$/,
    valued: '-n -c -p --name --channel --prefix -f --file',
  },
  mamba: { installs: /^(?:install|create|update)$/, valued: '-n -c -p --name --channel' },
  micromamba: { installs: /^(?:install|create|update)$/, valued: '-n -c -p --name --channel' },
  easy_install: { installs: /^/, valued: '' },
  cargo: {
    installs: /^(?:add|install|binstall|update)$/,
    valued: '--git --branch --rev --path --version --features -F -p --registry --index --root --config',
  },
  go: { installs: /^(?:get|install)$/, valued: '-modfile -o' },
  gem: { installs: /^(?:install|i|update)$/, valued: '-v --version -s --source -i' },
  bundle: { installs: /^(?:add|inject|update)$/, valued: '-v --version -s --source -g', isLocked: true },
  composer: {
    installs: /^(?:require|global require|create-project|update)$/,
    valued: '-d --working-dir',
    isLocked: true,
  },
  dotnet: {
    installs: /^(?:add package|tool install|add \S+ package|workload install|new install)$/,
    valued: '-v --version -s --source --add-source --tool-path',
  },
  nuget: { installs: /^install$/, valued: '-Source -Version' },
  mix: { installs: /^(?:archive\.install|escript\.install)$/, valued: '' },
  cpan: { installs: /^/, valued: '' },
  cpanm: { installs: /^/, valued: '' },
  luarocks: { installs: /^install$/, valued: '--server' },
  opam: { installs: /^install$/, valued: '' },
  cabal: { installs: /^install$/, valued: '' },
  stack: { installs: /^install$/, valued: '' },
  pod: { installs: /^(?:install|update)$/, valued: '' },
  apt: {
    installs: /^(?:install|reinstall|upgrade|full-upgrade|dist-upgrade|build-dep)$/,
    valued: '-t -o -c',
  },
  'apt-get': { installs: /^(?:install|reinstall|upgrade|dist-upgrade|build-dep)$/, valued: '-t -o -c' },
  aptitude: { installs: /^(?:install|safe-upgrade|full-upgrade)$/, valued: '-t -o' },
  dpkg: { installs: /^(?:-i|--install|--unpack)$/, valued: '' },
  dnf: {
    installs: /^(?:install|reinstall|upgrade|localinstall|group install|copr enable)$/,
    valued: '-c --enablerepo --repo',
  },
  yum: { installs: /^(?:install|reinstall|update|localinstall)$/, valued: '-c --enablerepo' },
  microdnf: { installs: /^install$/, valued: '' },
  rpm: { installs: /^(?:-i\w*|-U\w*|--install|--upgrade)$/, valued: '' },
  zypper: { installs: /^(?:install|in|addrepo|ar)$/, valued: '' },
  apk: { installs: /^add$/, valued: '-X --repository -t' },
  pacman: { installs: /^-S(?:y|u|w)*$|^-U$/, valued: '' },
  yay: { installs: /^(?:-S\w*|[^-].*)$/, valued: '' },
  emerge: { installs: /^[^-]/, valued: '' },
  snap: { installs: /^install$/, valued: '--channel' },
  flatpak: { installs: /^(?:install|remote-add)$/, valued: '' },
  brew: { installs: /^(?:install|reinstall|tap|upgrade|cask install)$/, valued: '' },
  port: { installs: /^install$/, valued: '' },
  nix: { installs: /^(?:profile install|profile add|run)$/, valued: '' },
  'nix-env': { installs: /^-i\w*$|^--install$/, valued: '' },
  choco: { installs: /^(?:install|upgrade)$/, valued: '-s --source' },
  winget: { installs: /^install$/, valued: '-s --source' },
  scoop: { installs: /^(?:install|bucket add)$/, valued: '' },
  asdf: { installs: /^(?:plugin add)$/, valued: '' },
  helm: { installs: /^(?:install|repo add|plugin install)$/, valued: '-n -f' },
  krew: { installs: /^install$/, valued: '' },
  code: { installs: /^--install-extension$/, valued: '' },
  cursor: { installs: /^--install-extension$/, valued: '' },
  codium: { installs: /^--install-extension$/, valued: '' },
}

/** Names that are known well enough to be imitated; one letter away from one of these is no accident. */
export const POPULAR: ReadonlySet<string> = new Set(
  'lodash react react-dom express axios chalk commander webpack typescript eslint prettier jest mocha moment request async underscore uuid debug vue angular next svelte vite rollup babel dotenv mongoose sequelize passport socket.io redis jquery bootstrap tailwindcss postcss autoprefixer nodemon concurrently cross-env rimraf glob minimist yargs inquirer semver body-parser cookie-parser cors helmet bcrypt jsonwebtoken nodemailer puppeteer playwright cypress storybook graphql apollo prisma typeorm knex winston morgan zod esbuild turbo vitest electron three d3 chart.js ramda rxjs redux numpy pandas requests flask django fastapi scipy matplotlib tensorflow torch scikit-learn pytest boto3 urllib3 setuptools wheel cryptography pyyaml jinja2 click pillow sqlalchemy celery beautifulsoup4 selenium httpx pydantic uvicorn gunicorn aiohttp tqdm transformers openai anthropic langchain colorama paramiko psycopg2 lxml black ruff mypy serde tokio rand clap reqwest anyhow rails rake rspec nokogiri sinatra devise puma'.split(
    ' ',
  ),
)

/** Development tools that are nearly always in the lock file; counts where the context does not say what is installed. */
export const USUAL_TOOLS: ReadonlySet<string> = new Set(
  'eslint prettier tsc typescript jest vitest mocha rimraf webpack vite rollup esbuild turbo nx lerna prisma next nuxt astro svelte-kit playwright cypress storybook tailwindcss postcss nodemon ts-node tsx concurrently husky lint-staged commitlint knip oxlint oxfmt biome tsup swc babel nyc c8 karma ava tap stylelint markdownlint drizzle-kit typeorm knex sequelize serve http-server json-server wrangler expo react-native ng vue-tsc svelte-check changeset changesets semantic-release npm-check-updates depcheck madge cspell remark mkdirp cross-env dotenv-cli wait-on start-server-and-test ruff black mypy pytest isort flake8 pylint tox nox pre-commit'.split(
    ' ',
  ),
)

const ECOSYSTEMS: readonly (readonly [PackageEcosystem, string])[] = [
  ['npm', 'npm cnpm pnpm yarn bun npx bunx pnpx npm-cli.js corepack'],
  ['pypi', 'pip pip3 uv uvx pipx poetry pdm pipenv rye hatch easy_install'],
  ['crates', 'cargo'],
  ['go', 'go'],
  ['rubygems', 'gem bundle'],
  ['packagist', 'composer'],
  ['nuget', 'dotnet nuget'],
  [
    'system',
    'apt apt-get aptitude dpkg dnf yum microdnf rpm zypper apk pacman yay emerge snap flatpak brew port nix nix-env choco winget scoop',
  ],
  ['editor', 'code cursor codium'],
  ['image', 'docker podman'],
]

const ECOSYSTEM_OF: ReadonlyMap<string, PackageEcosystem> = new Map(
  ECOSYSTEMS.flatMap(([ecosystem, names]) => names.split(' ').map((name) => [name, ecosystem] as const)),
)

export const ecosystemOf = (program: string): PackageEcosystem => ECOSYSTEM_OF.get(program) ?? 'other'
