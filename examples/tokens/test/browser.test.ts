import {
  browserIsHere,
  openBrowser,
  overflowOf,
  type RunningExample,
  screenshot,
  startExample,
  visit,
} from '@carillon/testkit/examples'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Name, PASSWORDS } from './visitors.ts'

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** Browsers are slow where many tests run at once. */
const PATIENCE_MS = 60_000
/** For what takes more than one token's life. */
const LONG = { timeout: 30_000 }

describe.runIf(browserIsHere())('the page of the tokens', { timeout: PATIENCE_MS }, () => {
  let example: RunningExample
  /** Where tokens are renewed after two seconds at most: the client keeps half of what is so short in reserve. */
  let hasty: RunningExample
  let browser: Awaited<ReturnType<typeof openBrowser>>

  beforeAll(async () => {
    ;[example, hasty, browser] = await Promise.all([
      startExample(import.meta.url),
      startExample(import.meta.url, { TOKEN_SECONDS: '4' }),
      openBrowser(),
    ])
  }, PATIENCE_MS)

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })

  afterAll(async () => {
    await browser.close()
    await Promise.all([example.stop(), hasty.stop()])
  })

  type Page = Awaited<ReturnType<typeof visit>>['page']

  async function signIn(page: Page, name: Name) {
    await page.locator(`[name=user][value=${name}]`).check()
    await page.getByLabel('Password').fill(PASSWORDS[name])
    await page.getByRole('button', { name: 'Sign in' }).click()
    await channel(page, 'news', 'joined').waitFor()
  }

  const channel = (page: Page, name: string, state: string) =>
    page.locator(`#channels [data-name="${name}"].${state}`)

  const row = (page: Page, text: string) => page.locator('#notifications li', { hasText: text })

  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

  async function say(page: Page, text: string) {
    await page.getByLabel('Message').fill(text)
    await press(page, 'Send')
    await row(page, text).waitFor()
  }

  test('[JW20] two people see the channels that they may be in, and what is sent there', async () => {
    const alice = await visit(browser, example.url, { viewport: DESKTOP })
    const bruno = await visit(browser, example.url, { viewport: PHONE })
    await screenshot(alice.page, 'tokens-door')
    await screenshot(bruno.page, 'tokens-door-phone')
    expect(await overflowOf(bruno.page)).toBe(0)
    await signIn(alice.page, 'alice')
    await signIn(bruno.page, 'bruno')
    for (const name of ['staff', 'orders:bruno']) await channel(alice.page, name, 'joined').waitFor()
    await channel(bruno.page, 'orders:bruno', 'joined').waitFor()
    await channel(bruno.page, 'staff', 'refused').getByText('This action is not allowed').waitFor()
    expect(await bruno.page.locator('#staff').isVisible()).toBe(false)

    await say(bruno.page, '<img src=x onerror=alert(1)>')
    await row(alice.page, '<img src=x onerror=alert(1)>').waitFor()
    expect(await alice.page.locator('#notifications img').count()).toBe(0)
    await press(bruno.page, 'Order something')
    for (const { page } of [alice, bruno]) await row(page, 'Order received').waitFor()
    await say(alice.page, 'LongWord'.repeat(20))
    await row(bruno.page, 'LongWord').waitFor()
    for (const { page, complaints } of [alice, bruno]) {
      expect(await overflowOf(page)).toBe(0)
      expect(complaints).toEqual([])
    }
  })

  test('[JW21] the token is renewed again and again while the connection stands, and a forged one changes nothing', async () => {
    const { page, complaints } = await visit(browser, hasty.url, { viewport: DESKTOP })
    await signIn(page, 'bruno')
    // More time than a token lives.
    await page.locator('#renewals', { hasText: /^[3-9]$/ }).waitFor(LONG)
    expect(await page.locator('#status').textContent()).toBe('Connected')
    await press(page, 'Show a forged one')
    await row(page, '“I am an admin”: Authentication failed. The connection goes on.').waitFor()
    await say(page, 'Still here')
    await press(page, 'Renew now')
    await page.getByText(/^Renewed: good for \d s$/).waitFor()
    expect(await page.locator('#notifications .event').count()).toBe(1)

    await page.reload()
    await channel(page, 'news', 'joined').waitFor()
    expect(await page.locator('#me').textContent()).toBe('Bruno, customer')
    await press(page, 'Sign out')
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('[JW22] who is taken out of a channel or disconnected sees so, and what to do', async () => {
    const alice = await visit(browser, example.url, { viewport: DESKTOP })
    const bruno = await visit(browser, example.url, { viewport: PHONE })
    await signIn(alice.page, 'alice')
    await signIn(bruno.page, 'bruno')
    await press(bruno.page, 'Order something')
    await press(alice.page, 'Take out of news')
    await row(bruno.page, 'You were taken out: # news').waitFor()
    await alice.page.getByText('Bruno is out of news').waitFor()
    await say(alice.page, 'Bruno does not hear this')
    await channel(bruno.page, 'news', 'left').getByRole('button', { name: 'Join again' }).click()
    await channel(bruno.page, 'news', 'refused').getByText('This action is not allowed').waitFor()
    await screenshot(alice.page, 'tokens-desktop')
    await screenshot(bruno.page, 'tokens-phone')

    await press(alice.page, 'Let back into news')
    await alice.page.getByText('Bruno may join news').waitFor()
    await channel(bruno.page, 'news', 'refused').getByRole('button', { name: 'Try again' }).click()
    await channel(bruno.page, 'news', 'joined').waitFor()
    await say(alice.page, 'Welcome back')
    await row(bruno.page, 'Welcome back').waitFor()
    expect(await row(bruno.page, 'Bruno does not hear this').count()).toBe(0)

    await press(alice.page, 'Disconnect')
    await bruno.page.getByText('You were disconnected').waitFor()
    await screenshot(bruno.page, 'tokens-phone-disconnected')
    await signIn(bruno.page, 'bruno')
    await say(bruno.page, 'Here again')
    await row(alice.page, 'Here again').waitFor()
    for (const { page, complaints } of [alice, bruno]) {
      expect(await overflowOf(page)).toBe(0)
      expect(complaints).toEqual([])
    }
  })

  test('[JW23] two windows of one browser are two people', async () => {
    const { page, complaints } = await visit(browser, hasty.url, { viewport: DESKTOP })
    await signIn(page, 'alice')
    const second = await page.context().newPage()
    await second.goto(hasty.url)
    await signIn(second, 'bruno')
    await second.locator('#renewals', { hasText: /^[1-9]$/ }).waitFor()
    await page.locator('#renewals', { hasText: /^[2-9]$/ }).waitFor()
    await say(second, 'From one browser')
    await row(page, 'From one browser').getByText('from Bruno').waitFor()
    await screenshot(second, 'tokens-desktop-customer')
    await page.setViewportSize(PHONE)
    expect(await overflowOf(page)).toBe(0)
    await screenshot(page, 'tokens-phone-staff')

    // The cookie is shared by all windows in which Bruno is: he signs out in one, and the others cannot renew.
    const third = await page.context().newPage()
    await third.goto(hasty.url)
    await signIn(third, 'bruno')
    await press(third, 'Sign out')
    await second.getByText('Your session is over').waitFor(LONG)
    await channel(page, 'news', 'joined').waitFor()
    expect(complaints).toEqual([])
  })

  test('[JW24] a wrong password is said, and nothing else happens', async () => {
    const { page } = await visit(browser, example.url, { viewport: PHONE })
    await page.getByLabel('Password').fill('guess')
    await press(page, 'Sign in')
    await page.getByText('The name or the password is wrong').waitFor()
    expect(await page.locator('#room').isVisible()).toBe(false)
    await signIn(page, 'alice')
    expect(await page.locator('#door').isVisible()).toBe(false)
  })
})
