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

const DESKTOP = { width: 1280, height: 800 }
/** Browsers are slow where many tests run at once. */
const PATIENCE_MS = 60_000
const PHONE = { width: 390, height: 844 }

describe.runIf(browserIsHere())('the page of the quickstart', { timeout: PATIENCE_MS }, () => {
  let example: RunningExample
  let browser: Awaited<ReturnType<typeof openBrowser>>

  beforeAll(async () => {
    example = await startExample(import.meta.url)
    browser = await openBrowser()
  }, PATIENCE_MS)

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })

  afterAll(async () => {
    await browser.close()
    await example.stop()
  })

  /** Opens the page as somebody and waits until this person is in the lobby. */
  async function arrive(name: string, viewport = DESKTOP) {
    const address = `${example.url}/?user=${name.toLowerCase()}-${performance.now()}&name=${name}`
    const visitor = await visit(browser, address, { viewport })
    await visitor.page.locator('#channels .joined', { hasText: 'lobby' }).waitFor({ state: 'attached' })
    return visitor
  }

  type Page = Awaited<ReturnType<typeof arrive>>['page']

  /** Fills the form in and sends; resolves to the id in the receipt. */
  async function send(page: Page, title: string, fields: { to?: string; type?: string; data?: string } = {}) {
    await page.locator('#to').selectOption(fields.to ?? '')
    await page.getByLabel(fields.type ?? 'info', { exact: true }).check()
    await page.getByLabel('Title').fill(title)
    await page.getByLabel('Message').fill(`This is ${title}`)
    if (fields.data !== undefined) {
      await page.locator('#data-details').evaluate((details: HTMLDetailsElement) => {
        details.open = true
      })
      await page.getByLabel('Data, a JSON object').fill(fields.data)
    }
    await page.locator('#send-form [type=submit]').click()
    await page.locator('#receipt', { hasText: 'n_' }).waitFor()
    const receipt = await page.locator('#receipt').textContent()
    return receipt?.replace(/^.*(?=n_)/, '')
  }

  const card = (page: Page, title: string) => page.getByRole('article').filter({ hasText: title })

  test('[QS10] what one window sends, the other shows, once', async () => {
    const alice = await arrive('Alice')
    const bruno = await arrive('Bruno')
    const id = await send(bruno.page, 'Lunch', { to: 'lobby', data: '{ "at": "noon" }' })
    await card(alice.page, 'Lunch').waitFor()
    expect(await card(alice.page, 'Lunch').count()).toBe(1)
    expect(await card(alice.page, 'Lunch').getAttribute('data-id')).toBe(id)
    expect(await card(alice.page, 'Lunch').textContent()).toContain('"at": "noon"')
    expect(await card(alice.page, 'Lunch').textContent()).toContain('from Bruno')
    await screenshot(alice.page, 'quickstart-desktop')
    expect([...alice.complaints, ...bruno.complaints]).toEqual([])
  })

  test('[QS11] what was sent while somebody was away arrives on return, in order and marked', async () => {
    const alice = await arrive('Alice')
    const bruno = await arrive('Bruno')
    await send(bruno.page, 'Deploy started', { to: 'lobby' })
    await card(alice.page, 'Deploy started').waitFor()
    await alice.page.getByRole('switch').click()
    await alice.page.getByText('You are away').waitFor()
    await screenshot(alice.page, 'quickstart-away')
    await send(bruno.page, 'CPU alert', { to: 'lobby', type: 'warning' })
    await send(bruno.page, 'Lunch')
    await send(bruno.page, 'CPU calm', { to: 'lobby', type: 'success' })
    expect(await alice.page.getByRole('article').count()).toBe(1)

    await alice.page.getByRole('switch').click()
    await alice.page.getByText('3 arrived while you were away').waitFor()
    const titles = alice.page.getByRole('article').locator('h3')
    expect(await titles.allTextContents()).toEqual(['CPU calm', 'Lunch', 'CPU alert', 'Deploy started'])
    expect(await alice.page.locator('.missed').count()).toBe(3)
    await send(bruno.page, 'Payment failed', { to: 'lobby', type: 'error', data: '{ "ref": "PAY-7" }' })
    await card(alice.page, 'Payment failed').waitFor()
    expect(await alice.page.locator('.missed').count()).toBe(3)
    await screenshot(alice.page, 'quickstart-back')
    expect([...alice.complaints, ...bruno.complaints]).toEqual([])
  })

  test('[QS12] channels are joined, listed with their clients, and left', async () => {
    const alice = await arrive('Alice')
    const bruno = await arrive('Bruno')
    await alice.page.getByLabel('Channel to join').fill('devops')
    await alice.page.getByRole('button', { name: 'Join', exact: true }).click()
    await bruno.page.getByRole('button', { name: 'Join devops' }).click()
    const row = alice.page.locator('#channels li', { hasText: 'devops' })
    await row.locator('.count', { hasText: '2' }).waitFor()
    await bruno.page.getByRole('button', { name: 'Leave devops' }).click()
    await row.locator('.count', { hasText: '1' }).waitFor()
    expect(await alice.page.locator('#clients').textContent()).toBe('2')
    expect([...alice.complaints, ...bruno.complaints]).toEqual([])
  })

  test("[QS13] a refusal is shown in the server's words", async () => {
    const alice = await arrive('Alice')
    await alice.page.locator('#send-form [type=submit]').click()
    const errors = alice.page.locator('#send-errors li')
    await errors.first().waitFor()
    expect(await errors.allTextContents()).toEqual([
      "The field 'title' is required",
      "The field 'message' is required",
    ])
  })

  test('[QS14] the second window is opened by somebody else', async () => {
    const alice = await arrive('Alice')
    const opened = alice.page.context().waitForEvent('page')
    await alice.page.getByRole('button', { name: 'Open a second window' }).click()
    const second = await opened
    await second.locator('[data-status="connected"]').waitFor()
    expect(await second.locator('#my-name').textContent()).not.toBe('Alice')
  })

  test('[QS15] what people write never becomes markup', async () => {
    const alice = await arrive('Alice')
    await send(alice.page, '<img src=x onerror=alert(1)>')
    await card(alice.page, '<img src=x').waitFor()
    expect(await alice.page.locator('[role="log"] img').count()).toBe(0)
    expect(alice.complaints).toEqual([])
  })

  test('[QS16] on a phone every part fits its width', async () => {
    const alice = await arrive('Alice', PHONE)
    const tabs = alice.page.getByRole('navigation')
    await tabs.getByRole('button', { name: 'Send' }).click()
    await screenshot(alice.page, 'quickstart-phone-send')
    await send(alice.page, 'Order received', { type: 'success', data: '{ "ref": "ORD-42" }' })
    expect(await overflowOf(alice.page)).toBe(0)
    await tabs.getByRole('button', { name: 'Channels' }).click()
    expect(await overflowOf(alice.page)).toBe(0)
    await tabs.getByRole('button', { name: 'Notifications' }).click()
    await alice.page.getByRole('article').waitFor()
    await screenshot(alice.page, 'quickstart-phone')
    await tabs.getByRole('button', { name: 'Send' }).click()
    await send(alice.page, 'LongWord'.repeat(20), { data: `{ "key": "${'x'.repeat(200)}" }` })
    await tabs.getByRole('button', { name: 'Notifications' }).click()
    await card(alice.page, 'LongWord').waitFor()
    expect(await overflowOf(alice.page)).toBe(0)
    expect(alice.complaints).toEqual([])
  })
})
