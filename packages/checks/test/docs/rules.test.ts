import { STORE_RULES } from '@carillon/store/contract'
import { expect, test } from 'vitest'
import { exists, filesBelow, read } from '../../src/repository.ts'
import { idsInTitles, rulesIn, testedRules } from '../../src/rule-ids.ts'

const rules = rulesIn(read('docs/PROTOCOL.md'))
const tested = testedRules()

test('[D9] every rule of PROTOCOL.md has a test that carries its id', () => {
  const ids = new Set(tested.map(({ id }) => id))
  expect(rules.length).toBeGreaterThan(0)
  expect({ 'rules without a test': rules.filter((id) => !ids.has(id)) }).toEqual({
    'rules without a test': [],
  })
})

test('[D9] an id is given once', () => {
  const all = [...rules, ...STORE_RULES.map(({ id }) => id)]
  expect(all.filter((id, at) => all.indexOf(id) !== at)).toEqual([])
})

test('[D9] every rule that a title names is laid down', () => {
  const isOfPage = (id: string): boolean => id.startsWith('P-') || /^G\d+$/.test(id)
  const stray = tested.filter(({ id }) => isOfPage(id) && !rules.includes(id))
  const named = stray.map(({ id, path }) => `${id} in ${path}`)
  expect({ 'titles whose rule docs/PROTOCOL.md does not have': named }).toEqual({
    'titles whose rule docs/PROTOCOL.md does not have': [],
  })
})

test('[D9] every store runs the contract', () => {
  const stores = [
    'packages/store',
    ...filesBelow('packages').filter((path) => /^packages\/store-[^/]+\/package\.json$/.test(path)),
  ]
  const folders = stores.map((path) => path.replace('/package.json', ''))
  const runs = (folder: string): boolean =>
    exists(`${folder}/test`) &&
    filesBelow(`${folder}/test`).some((path) => read(path).includes('storeContract('))
  expect(folders.filter((folder) => !runs(folder))).toEqual([])
})

test('[D9] ids are found in titles of every form, and nowhere else', () => {
  const text = `
    test('[P-ONE] a', () => list['[P-NOT]'])
    it.each(table)(\`[G1] [P-TWO] \${what}\`, run)
    describe("[ST3] what's there:", run)
    const other = '[P-NEITHER] not a title'
    test('no id, but [P-LATE]', run)`
  expect(idsInTitles('a.test.ts', text).map(({ id }) => id)).toEqual(['P-ONE', 'G1', 'P-TWO', 'ST3'])
})
