import sparticuz from '@sparticuz/chromium'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

/** A real Chromium without a screen, that talks to nobody by itself. It comes in a package and needs nothing installed. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: ARGUMENTS,
    headless: true,
  })
}

// Not those that the package brings along for functions in a cloud: some of them weaken the very rules of the web that are tried here.
const ARGUMENTS = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  '--proxy-server=direct://',
]
