/* Frames by hand, of corpus/frames.json, each over a connection of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlace, type Place, play, readCorpus, stepsOf } from '../src/index.ts'

let place: Place

beforeAll(async () => {
  place = await openPlace()
})
afterAll(() => place.close())

const corpus = readCorpus()

test.each(corpus)('[G7] the frames of the corpus harm nobody: $what', async (sample) => {
  await play(place, { auth: '', steps: stepsOf(sample) })
})

test('[G7] nor do all of them at once, by different people', async () => {
  const guests = corpus.filter(({ what }) => !/\d,?000/.test(what))
  await play(place, { auth: '{"user_id":"mallory"}', steps: guests.flatMap(stepsOf) })
  for (const sample of guests) {
    const auth = '{"user_id":"mallory","notifications":{"version":2}}'
    await play(place, { auth, steps: [...stepsOf(sample), { kind: 'again' }, ...stepsOf(sample)] })
  }
})

test('[FZ1] every sample says what it is, once', () => {
  const names = corpus.map(({ what }) => what)
  expect(new Set(names).size).toBe(names.length)
})
