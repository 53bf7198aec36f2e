/*
 * What frames cost about, before they are parsed.
 * Ids: P-SHARE
 */
import { expect, test } from 'vitest'
import { weightOf } from '../../src/rules/frame-weight.ts'

const small = weightOf('42["get-stats"]')

test('[P-SHARE] a small frame weighs about one, whatever it is', () => {
  for (const text of ['', 'zzz', '4210["join-channel","a"]', '42/team,1["get-stats"]'])
    expect(weightOf(text)).toBeCloseTo(1, 1)
})

test('[P-SHARE] length adds to it', () => {
  expect(weightOf(`42["send-notification","${'x'.repeat(60_000)}"]`)).toBeGreaterThan(10 * small)
})

test('[P-SHARE] a page of history weighs more, over whatever namespace and with an acknowledgement', () => {
  for (const text of ['42["get-history",{}]', '427["get-history",{}]', '42/team,7["get-history",{}]'])
    expect(weightOf(text)).toBeGreaterThan(3 * small)
})
