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

/** Browsers are slow where many tests run at once. */
const PATIENCE_MS = 60_000
const PHONE = { width: 390, height: 844 }

describe.runIf(browserIsHere())('la page du chat', { timeout: PATIENCE_MS }, () => {
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

  type Page = Awaited<ReturnType<typeof visit>>['page']

  async function enter(page: Page, nickname: string) {
    await page.getByLabel('Pseudo').fill(nickname)
    await page.getByRole('button', { name: 'Entrer' }).click()
    await page.getByText(`${nickname} a rejoint le chat`).waitFor()
  }

  async function say(page: Page, message: string) {
    await page.getByLabel('Votre message').fill(message)
    await page.getByRole('button', { name: 'Envoyer' }).click()
    await page.locator('.mine', { hasText: message }).waitFor()
  }

  test('[CH10] two pages talk, and see each other come and go', async () => {
    const alice = await visit(browser, example.url)
    const bruno = await visit(browser, example.url, { viewport: PHONE })
    await enter(alice.page, 'Alice')
    await enter(bruno.page, 'Bruno')
    await alice.page.getByText('Bruno a rejoint le chat').waitFor()
    expect(await alice.page.locator('#user-count').textContent()).toBe('2')

    await say(alice.page, 'Bonjour Bruno !')
    await bruno.page.locator('.message', { hasText: 'Bonjour Bruno !' }).waitFor()
    await say(bruno.page, '<b>Bonjour</b> Alice')
    await alice.page.locator('.message', { hasText: '<b>Bonjour</b> Alice' }).waitFor()
    await screenshot(alice.page, 'chat-desktop')
    await screenshot(bruno.page, 'chat-phone')
    expect(await overflowOf(bruno.page)).toBe(0)

    await bruno.page.getByRole('button', { name: 'Quitter' }).click()
    await alice.page.getByText('Bruno a quitté le chat').waitFor()
    expect([...alice.complaints, ...bruno.complaints]).toEqual([])
  })

  test('[CH11] who comes back under the same nickname gets what was said meanwhile, once and in order', async () => {
    const alice = await visit(browser, example.url)
    const chloe = await visit(browser, example.url)
    await enter(alice.page, 'Alice')
    await enter(chloe.page, 'Chloé')
    await chloe.page.getByRole('button', { name: 'Quitter' }).click()
    await alice.page.getByText('Chloé a quitté le chat').waitFor()
    await say(alice.page, 'Tu es là ?')
    await say(alice.page, 'À demain !')

    await enter(chloe.page, 'Chloé')
    await chloe.page.getByText('À demain !').waitFor()
    expect(await chloe.page.locator('.message .text').allTextContents()).toEqual(['Tu es là ?', 'À demain !'])
    await screenshot(chloe.page, 'chat-missed')
    expect([...alice.complaints, ...chloe.complaints]).toEqual([])
  })
})
