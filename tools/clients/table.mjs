// The clients that npm has: which versions, how a program of them is started, and what it needs to talk to the scripted model.
import { join } from 'node:path'

const platform = `${process.platform}-${process.arch}`

/**
 * `name`: what a person types. `program`: the words that start it, in the folder that npm installed into. Install scripts are not run: native programs are started
 * where they lie. `start`: arguments, environment and files of the home for a conversation of one prompt without anybody at the terminal.
 */
export const CLIENTS = {
  'claude-code': {
    title: 'Claude Code',
    versions: ['2.1.329', '2.1.197'],
    package: '@anthropic-ai/claude-code',
    name: 'claude',
    program: (folder) => [modules(folder, `@anthropic-ai/claude-code-${platform}/claude`)],
    protocol: 'anthropic',
    start: ({ port, prompt, more }) => ({
      args: ['-p', prompt, '--output-format', 'json', '--allowedTools', 'Bash', ...more],
      env: {
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
        ANTHROPIC_API_KEY: 'scripted',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
      },
      home: {},
    }),
  },
  codex: {
    title: 'Codex',
    versions: ['0.169.0'],
    package: '@openai/codex',
    name: 'codex',
    program: (folder) => [process.execPath, modules(folder, '@openai/codex/bin/codex.js')],
    protocol: 'responses',
    start: ({ port, prompt, more }) => ({
      args: [
        'exec',
        '--skip-git-repo-check',
        '--dangerously-bypass-approvals-and-sandbox',
        '--json',
        ...more,
        '--',
        prompt,
      ],
      env: { SCRIPTED_KEY: 'scripted' },
      home: {
        '.codex/config.toml': [
          'model = "gpt-5.5"',
          'model_provider = "scripted"',
          '[model_providers.scripted]',
          'name = "scripted"',
          `base_url = "http://127.0.0.1:${port}/v1"`,
          'env_key = "SCRIPTED_KEY"',
          'wire_api = "responses"',
          '',
        ].join('\n'),
      },
    }),
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    versions: ['0.61.0'],
    package: '@google/gemini-cli',
    name: 'gemini',
    program: (folder) => [process.execPath, modules(folder, '@google/gemini-cli/bundle/gemini.js')],
    protocol: 'gemini',
    start: ({ port, prompt, more }) => ({
      args: ['-p', prompt, '--yolo', '-o', 'json', ...more],
      env: {
        GEMINI_API_KEY: 'scripted',
        GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}`,
        GEMINI_CLI_TRUST_WORKSPACE: 'true',
      },
      home: {
        '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
      },
    }),
  },
  'copilot-cli': {
    title: 'Copilot CLI',
    versions: ['1.0.102'],
    package: '@github/copilot',
    name: 'copilot',
    program: (folder) => [modules(folder, `@github/copilot-${platform}/copilot`)],
    protocol: 'chat',
    start: ({ port, prompt, more }) => ({
      args: ['-p', prompt, '--allow-all-tools', ...more],
      env: {
        COPILOT_OFFLINE: 'true',
        COPILOT_PROVIDER_BASE_URL: `http://127.0.0.1:${port}/v1`,
        COPILOT_PROVIDER_API_KEY: 'scripted',
        COPILOT_MODEL: 'gpt-4.1',
      },
      home: {},
    }),
  },
  opencode: {
    title: 'opencode',
    versions: ['1.18.33'],
    package: 'opencode-ai',
    name: 'opencode',
    // It installs this for every folder of its own in which it finds a plugin, and waits for that.
    beside: { package: '@opencode-ai/plugin', into: '.config/opencode' },
    program: (folder) => [modules(folder, `opencode-${platform}/bin/opencode`)],
    protocol: 'chat',
    start: ({ port, prompt, more }) => ({
      args: ['run', '-m', 'scripted/gpt', ...more, prompt],
      env: { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' },
      home: {
        '.config/opencode/opencode.json': JSON.stringify({
          provider: {
            scripted: {
              npm: '@ai-sdk/openai-compatible',
              name: 'scripted',
              options: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'scripted' },
              models: { gpt: { name: 'gpt' } },
            },
          },
        }),
      },
    }),
  },
}

function modules(folder, path) {
  return join(folder, 'node_modules', path)
}
