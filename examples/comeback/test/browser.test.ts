import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@carillon/testkit'
import { browserIsHere, openBrowser, overflowOf, screenshot, visit } from '@carillon/testkit/examples'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Running, start } from './processes.ts'

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** Browsers are slow where many tests run at once. */
const PATIENCE_MS = 60_000

describe.runIf(browserIsHere())('the page of the comeback', { timeout: PATIENCE_MS }, () => {
  let folder: string
  let example: Running
  let browser: Awaited<ReturnType<typeof openBrowser>>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carillon-comeback-'))
    example = await start({ program: 'supervisor.js', file: join(folder, 'notifications.db') })
    browser = await openBrowser()
  }, PATIENCE_MS)

  afterAll(async () => {
    await browser.close()
    await example.stop()
    await rm(folder, { recursive: true, force: true })
  })

  type Page = Awaited<ReturnType<typeof visit>>['page']

  const figure = async (page: Page, id: string) => Number(await page.locator(`#${id}`).textContent())

  const arrived = (page: Page, count: number) =>
    until(async () => (await figure(page, 'arrived')) >= count, `${count} arrived`, 20_000)

  test('[CB20] the page keeps its place over kills and a reload, and shows that nothing is missing', async () => {
    const { page } = await visit(browser, example.url, { viewport: DESKTOP })
    await arrived(page, 2)
    await page.getByRole('button', { name: 'Kill the server' }).click()
    await page.getByRole('heading', { name: 'The server is dead' }).waitFor()
    await until(async () => (await figure(page, 'waiting')) > 0, 'a send that waits', 10_000)
    await screenshot(page, 'comeback-dead')
    await until(async () => (await figure(page, 'kills')) === 1, 'the next process', 20_000)
    const before = await figure(page, 'arrived')
    await arrived(page, before + 1)

    await page.getByRole('button', { name: 'Reload' }).click()
    await until(async () => (await figure(page, 'reloads')) === 1, 'the page again', 20_000)
    await arrived(page, before + 2)
    await page.getByRole('button', { name: 'Kill the server' }).click()
    await until(async () => (await figure(page, 'kills')) === 2, 'the process after that', 20_000)
    await arrived(page, before + 4)

    await page.getByRole('heading', { name: 'Nothing is missing, nothing came twice' }).waitFor()
    expect(await figure(page, 'missing')).toBe(0)
    expect(await figure(page, 'doubled')).toBe(0)
    const offsets = await page
      .locator('#strip [data-offset]')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-offset'))))
    expect(offsets.length).toBeGreaterThanOrEqual(before + 4)
    expect(offsets).toEqual(offsets.map((_, at) => at + 1))
    await screenshot(page, 'comeback-desktop')
  })

  test('[CB21] a window that is new sees what was before the kills, and fits a phone', async () => {
    const { page, complaints } = await visit(browser, example.url, { viewport: PHONE })
    await arrived(page, 8)
    await page.getByText(/^Offsets 1 to \d+, no gaps$/).waitFor()
    expect(await overflowOf(page)).toBe(0)
    await screenshot(page, 'comeback-phone')
    expect(complaints).toEqual([])
  })
})
