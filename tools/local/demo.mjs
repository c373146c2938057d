import * as told from './settings.mjs'

/**
 * Starts the demo on a running platform: a real upstream, and the guided first call as a transcript on stdout.
 * @param {import('./platform.d.mts').Platform} platform
 * @param {'once' | 'first' | 'off'} guide `first` runs the guided call only where the tenant `demo` does not exist yet
 * @returns {Promise<{ finished: Promise<boolean> }>} whether every step of the guided call did what it says; false when it broke off
 */
export async function startDemo(platform, guide) {
  const env = told.demoSettings(platform.world, { stateDir: platform.stateDir, guide })
  const demo = await platform.launch.service('demo', 'demo', env, { stdout: 'inherit' })
  const finished = Promise.race([demo.heard('finished'), demo.ended()]).then((end) => end?.ok === true)
  return { finished }
}
