import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Shorter than the tests' own limit: then the failure says what was waited for. */
const LIMIT_MS = 10_000

const CHROMIUM = '/usr/bin/chromium'
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Whether browser tests can run. Where they cannot, says what to install; with `CI` set it throws instead, so
 * that they are never skipped there.
 */
export function browserIsHere(): boolean {
  if (existsSync(CHROMIUM)) return true
  const sentence = `The browser tests need ${CHROMIUM}: apt-get install chromium`
  if (process.env.CI) throw new Error(sentence)
  console.warn(`${sentence}. Skipped.`)
  return false
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET })
}

export interface Visit {
  readonly page: Page
  /** What the page's console complained about, broken scripts included. */
  readonly complaints: readonly string[]
}

/** Somebody with a browser of their own: nothing is shared with other visits. */
export async function visit(browser: Browser, url: string, options?: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(LIMIT_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(url)
  return { page, complaints }
}

/** For people to look at: the picture of a page at rest, under `.cache/screenshots` of the repository. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../../../.cache/screenshots/${name}.png`, import.meta.url))
  await page.screenshot({ path, animations: 'disabled' })
}

/** How far the page reaches beyond the right edge of its window, in pixels. */
export async function overflowOf(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
}
