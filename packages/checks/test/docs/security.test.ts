import { expect, test } from 'vitest'
import { headingsOf, linksOf, plain, tableUnder } from '../../src/markdown.ts'
import { filesBelow, read } from '../../src/repository.ts'
import { testedRules } from '../../src/rule-ids.ts'

const page = read('docs/SECURITY.md')
const NUMBERS = Array.from({ length: 44 }, (_, n) => `S${String(n + 1).padStart(2, '0')}`)
const rows = tableUnder(page, 'Threats').rows.map(([number = '', threat = '', does = '', where = '']) => ({
  number: plain(number),
  threat,
  does,
  tests: linksOf(where).map((link) => link.replace('../', '')),
  isDocument: does.includes('_doc_'),
}))
const tested = testedRules()
const testsOf = (number: string): string[] => [
  ...new Set(tested.filter(({ id }) => id === number).map(({ path }) => path)),
]

test('[D15] SECURITY.md has every threat once, in order, with what is done about it', () => {
  expect(rows.map(({ number }) => number)).toEqual(NUMBERS)
  expect(rows.filter(({ threat, does }) => threat === '' || does === '')).toEqual([])
})

test('[D15] every threat has a test that carries its number, and the table says where', () => {
  const told = rows.filter(({ isDocument, tests }) => !isDocument || tests.length > 0)
  for (const { number, tests } of told) {
    expect({ number, tests: [...tests].sort() }).toEqual({ number, tests: testsOf(number).sort() })
    expect(tests, number).not.toEqual([])
  }
})

test('[D15] what is up to the host has a section that carries its number', () => {
  const headings = headingsOf(page).map(({ text }) => text)
  const without = rows.filter(
    ({ number, isDocument }) =>
      isDocument && !headings.some((text) => new RegExp(`\\b${number}\\b`).test(text)),
  )
  expect(without.map(({ number }) => number)).toEqual([])
})

test('[D15] no title carries the number of a threat that the table does not have', () => {
  const stray = tested.filter(({ id }) => /^S\d+$/.test(id) && !NUMBERS.includes(id))
  expect(stray).toEqual([])
})

test('[S32] no page of ours makes markup of text, and each says what it may load', () => {
  const pages = filesBelow('examples').filter((path) => /\/public\/.*\.(?:html|js)$/.test(path))
  expect(pages.length).toBeGreaterThan(0)
  const markup = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b/
  expect(pages.filter((path) => markup.test(read(path)))).toEqual([])
  const documents = pages.filter((path) => path.endsWith('.html'))
  // In the page itself, or in a header of the server that sends it.
  const sources = (path: string): string => read(path) + read(path.replace(/public\/.*$/, 'server.js'))
  expect(documents.filter((path) => !sources(path).includes('Content-Security-Policy'))).toEqual([])
})
