import { type Catalogue, en, fr } from '@carillon/protocol'
import { expect, test } from 'vitest'
import { safeCatalogue } from '../src/edge/safe-catalogue.ts'

const failing = (): never => {
  throw new Error('no words')
}

test("[G7] a sentence of the host's that throws or is no text is said in English instead", () => {
  const silent = (() => undefined) as unknown as Catalogue['left']
  const catalogue = safeCatalogue({
    ...fr,
    problems: { ...fr.problems, 'field-required': failing },
    joined: failing,
    left: silent,
  })
  expect(catalogue.problems['field-required']({ field: 'title' })).toBe("The field 'title' is required")
  expect(catalogue.joined('devops')).toBe(en.joined('devops'))
  expect(catalogue.left('devops')).toBe(en.left('devops'))
})

test("[G7] what the host's catalogue says well is left as it is", () => {
  const catalogue = safeCatalogue(fr)
  expect(catalogue.problems['field-required']({ field: 'title' })).toBe("Le champ 'title' est obligatoire")
  expect(catalogue).toMatchObject({ server: fr.server, anonymous: fr.anonymous })
  expect(catalogue.joined('devops')).toBe(fr.joined('devops'))
})

test('[G7] a name that is missing is the English one', () => {
  const { server: _, anonymous: __, ...nameless } = fr
  expect(safeCatalogue(nameless as Catalogue)).toMatchObject({ server: en.server, anonymous: en.anonymous })
})
