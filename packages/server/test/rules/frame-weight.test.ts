/*
 * What frames cost about, before they are parsed.
 * Ids: P-SHARE
 */
import { expect, test } from 'vitest'
import { weightOf, weightOfHello } from '../../src/rules/frame-weight.ts'

const small = weightOf('2["get-stats"]')

test('[P-SHARE] a small frame weighs about one, whatever it is', () => {
  const texts = [
    '',
    'zzz',
    '210["join-channel","a"]',
    '2/team,1["get-stats"]',
    '0{"token":"x"}',
    '31[["get-history"]]',
  ]
  for (const data of [...texts, Buffer.from('x'), null]) expect(weightOf(data)).toBeCloseTo(1, 1)
})

test('[P-SHARE] length adds to it, of text and of bytes', () => {
  expect(weightOf(`2["send-notification","${'x'.repeat(60_000)}"]`)).toBeGreaterThan(10 * small)
  expect(weightOf(Buffer.alloc(60_000))).toBeGreaterThan(10 * small)
})

test('[P-SHARE] a page of history weighs more, over whatever namespace and with an acknowledgement', () => {
  for (const text of [
    '2["get-history",{}]',
    '27["get-history",{}]',
    '2/team,7["get-history",{}]',
    '51-["get-history"]',
  ])
    expect(weightOf(text)).toBeGreaterThan(3 * small)
})

test('[P-SHARE] no other way of writing it makes it lighter', () => {
  for (const text of [
    '2[ "get-history",{}]',
    '2["get-\\u0068istory",{}]',
    '2/a[b,["get-history",{}]',
    '2["get-history"',
  ])
    expect(weightOf(text)).toBeGreaterThan(3 * small)
})

test('[P-SHARE] to come in weighs more than a small frame, and the longer the more', () => {
  expect(weightOfHello('0')).toBeGreaterThan(3 * small)
  expect(weightOfHello(`0{"token":"${'x'.repeat(60_000)}"}`)).toBeGreaterThan(15 * small)
})
