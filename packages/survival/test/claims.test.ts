import type { Durability } from '@carillon/store'
import { describe, expect, test } from 'vitest'
import { complaintsOf, type Measured } from '../src/claims.ts'
import { type Log, type Losses, lossesOf } from '../src/losses.ts'
import type { Fault } from '../src/trials.ts'

const SENTENCES = {
  memory: 'Notifications and cursors are kept in the memory of this process and are gone when it ends.',
  full: 'Notifications and cursors are kept in the SQLite file a: a confirmation survives the end of the process and a power cut.',
  normal:
    'Notifications and cursors are kept in the SQLite file a: a confirmation survives the end of the process, but not that of the machine.',
  postgres:
    'PostgreSQL keeps what is confirmed: it survives the end of any process, of the database and of its machine.',
  async:
    'As PostgreSQL is set, what is confirmed survives the end of this process, but perhaps not a crash of the database.',
  everysec:
    'What Redis confirms survives the end of any process, but for up to two seconds when Redis is killed while its disk is slow; about the last second is lost with the power (append-only file, fsync everysec).',
}

/** How many of a hundred are lost at each fault, in the last 900 ms. */
function measuredAs(lost: Partial<Record<Fault, number>>, lostMs = 900): Measured {
  const losses = (count: number): Losses => ({
    confirmed: 100,
    lost: count,
    lostMs: count > 0 ? lostMs : 0,
    isReadable: true,
  })
  return new Map(
    (['application', 'database', 'power'] as const).flatMap((fault) => {
      const count = lost[fault]
      return count === undefined ? [] : [[fault, losses(count)] as const]
    }),
  )
}

describe('[SV3] what a store says is compared with what was seen:', () => {
  type Case = [
    sentence: keyof typeof SENTENCES,
    level: Durability['level'],
    lost: Parameters<typeof measuredAs>[0],
    complaints: number,
  ]
  test.each<Case>([
    ['memory', 'none', { application: 100, power: 100 }, 0],
    ['full', 'power', { application: 0, power: 0 }, 0],
    ['normal', 'process', { application: 0, power: 3 }, 0],
    ['postgres', 'power', { application: 0, database: 0, power: 0 }, 0],
    ['async', 'none', { application: 0, database: 3, power: 100 }, 0],
    ['everysec', 'process', { application: 0, database: 0, power: 3 }, 0],
    ['everysec', 'process', { application: 0, database: 3, power: 3 }, 0],
    // The level promises too much, or too little, and the sentence with it.
    ['full', 'power', { application: 0, power: 1 }, 2],
    ['normal', 'process', { application: 0, power: 0 }, 2],
    ['postgres', 'power', { application: 0, database: 1, power: 0 }, 2],
    ['async', 'none', { application: 0, database: 0, power: 0 }, 3],
    ['memory', 'none', { application: 0, power: 0 }, 3],
    ['everysec', 'process', { application: 1, database: 0, power: 3 }, 2],
    // The level is right and the sentence is another one's, and the other way round.
    ['full', 'process', { application: 0, power: 1 }, 1],
    ['full', 'none', { application: 0, power: 0 }, 1],
    // It says nothing of the crash that loses.
    ['normal', 'none', { application: 0, database: 1, power: 1 }, 1],
  ])('%s, level %s, lost %j: %i complaints', (sentence, level, lost, complaints) => {
    const durability = { level, sentence: SENTENCES[sentence], warnings: [] }
    expect(complaintsOf(durability, measuredAs(lost))).toHaveLength(complaints)
  })

  test('about a second is about a second, unless the disk was made slow', () => {
    const durability = { level: 'process', sentence: SENTENCES.everysec, warnings: [] } as const
    const measured = measuredAs({ application: 0, database: 0, power: 90 }, 2_900)
    expect(complaintsOf(durability, measured)).toEqual([expect.stringContaining('about the last second')])
    expect(complaintsOf(durability, measured, true)).toEqual([])
  })
})

describe('[SV4] what counts as lost:', () => {
  const confirmed = [1, 2, 3].map((offset) => ({ number: offset - 1, epoch: 'e', offset, at: offset * 100 }))
  const item = (number: number) => ({
    id: `n_${number}`,
    message: `Version ${number} is on its way to production`,
  })
  const whole: Log = {
    epoch: 'e',
    items: new Map([
      [1, item(0)],
      [2, item(1)],
      [3, item(2)],
    ]),
  }

  test.each<[what: string, log: Log | null, lost: number, lostMs: number]>([
    ['nothing', whole, 0, 0],
    ['what is missing', { ...whole, items: new Map([[1, item(0)]]) }, 2, 100],
    ['what has another place', { ...whole, items: new Map([...whole.items, [3, item(1)]]) }, 1, 0],
    [
      'what has another content',
      { ...whole, items: new Map([...whole.items, [2, { ...item(1), message: '' }]]) },
      1,
      100,
    ],
    ['all of another epoch', { ...whole, epoch: 'f' }, 3, 200],
    ['all that cannot be read', null, 3, 200],
  ])('%s', (_, log, lost, lostMs) => {
    expect(lossesOf(confirmed, log)).toEqual({ confirmed: 3, lost, lostMs, isReadable: log !== null })
  })
})
