import type { PackageEcosystem } from '@writ/contracts'

/**
 * A few publicly known cases of the past, written down from memory of the public reports: enough to show what the lookup does, not a feed.
 * `name` is every version, `name@1 2` the versions that were taken over.
 */
export const STARTER_MALICIOUS: Partial<Readonly<Record<PackageEcosystem, readonly string[]>>> = {
  npm: [
    'flatmap-stream', 'event-stream@3.3.6', 'getcookies', 'electron-native-notify', 'crossenv', 'cross-env.js', 'babelcli', 'ffmepg',
    'gruntcli', 'mongose', 'nodesass', 'nodefabric', 'node-fabric', 'nodecaffe', 'nodemailer-js', 'nodemailer.js', 'nodemssql', 'mssql.js',
    'mysqljs', 'shadowsock', 'sqliter', 'opencv.js', 'openssl.js', 'node-openssl', 'node-opensl', 'tkinter', 'node-tkinter', 'jquery.js',
    'fabric-js', 'http-proxy.js', 'd3.js', 'discord.dll', 'fallguys', 'twilio-npm', 'plutov-slack-client', 'nodetest199', 'nodetest1010',
    'bb-builder', 'klow', 'klown', 'okhsa', 'noblox.js-proxied', 'electorn', 'loadyaml', 'lodashs', 'loadsh', 'peacenotwar', 'postmark-mcp@1.0.16',
    'eslint-scope@3.7.2', 'eslint-config-eslint@5.0.2', 'ua-parser-js@0.7.29 0.8.0 1.0.0', 'coa@2.0.3 2.0.4 2.1.1 2.1.3 3.0.1 3.1.3',
    'rc@1.2.9 1.3.9 2.3.9', 'node-ipc@10.1.1 10.1.2', 'colors@1.4.1 1.4.2 1.4.44-liberty-2', 'faker@6.6.6', '@solana/web3.js@1.95.6 1.95.7',
    'chalk@5.6.1', 'debug@4.4.2', 'ansi-styles@6.2.2', 'strip-ansi@7.1.1', 'supports-color@10.2.1', 'ansi-regex@6.2.1', 'wrap-ansi@9.0.1',
    'slice-ansi@7.1.1', 'color-convert@3.1.1', 'color-name@2.0.1', 'color@5.0.1', 'color-string@2.1.1', 'is-arrayish@0.3.3',
    'simple-swizzle@0.2.3', 'error-ex@1.3.3', 'has-ansi@6.0.1', 'supports-hyperlinks@4.1.1', 'chalk-template@1.1.1', 'backslash@0.2.1',
    'nx@20.9.0 20.10.0 20.11.0 20.12.0 21.5.0 21.6.0 21.7.0 21.8.0', '@rspack/core@1.1.7', '@rspack/cli@1.1.7', '@lottiefiles/lottie-player@2.0.5 2.0.6 2.0.7',
    'eslint-config-prettier@8.10.1 9.1.1 10.1.6 10.1.7', 'eslint-plugin-prettier@4.2.2 4.2.3', 'synckit@0.11.9', '@pkgr/core@0.2.8',
    'napi-postinstall@0.3.1', '@ctrl/tinycolor@4.1.1 4.1.2', 'rand-user-agent@1.0.110 2.0.83 2.0.84', 'xrpl@2.14.2 4.2.1 4.2.2 4.2.3 4.2.4',
    'country-currency-map@2.1.8',
  ],
  pypi: [
    'acqusition', 'apidev-coop', 'bzip', 'django-server', 'setup-tools', 'urlib3', 'colourama', 'python3-dateutil', 'jeilyfish', 'diango',
    'djago', 'dajngo', 'djanga', 'requestss', 'reqeusts', 'beautifulsup4', 'importantpackage', 'important-package', 'pptest', 'ipboards',
    'owlmoon', 'discordsafety', 'trrfab', '10cent10', '10cent11', 'yandex-yt', 'yiffparty', 'maratlib', 'learninglib', 'mllearnlib',
    'noblesse', 'genesisbot', 'aryi', 'ctx@0.1.2 0.2.2 0.2.6', 'ultralytics@8.3.41 8.3.42 8.3.45 8.3.46', 'num2words@0.5.15 0.5.16',
    'exotel@0.1.6', 'spam@2.0.2 4.0.2',
  ],
  crates: ['rustdecimal', 'faster_log', 'async_println'],
  go: ['github.com/boltdb-go/bolt', 'github.com/hypert/hypert', 'github.com/shallowmulti/hypert'],
  rubygems: [
    'atlas-client', 'rest-client@1.6.10 1.6.11 1.6.12 1.6.13 1.6.14', 'strong_password@0.0.7', 'bootstrap-sass@3.2.0.3',
  ],
} // prettier-ignore
