/*
 * A short run of what may happen to the connections of clients, on SQLite; `npm run faults` runs all on all stores.
 * Nodes and applications are built programs: npm test builds them.
 */
import { describe, expect, test } from 'vitest'
import { prepareGround } from '../src/places.ts'
import { backlog } from '../src/scenarios/backlog.ts'
import { byteCuts } from '../src/scenarios/byte-cuts.ts'
import { lateCursors, twoTabs, wanderingUser } from '../src/scenarios/devices.ts'
import { joinRaces, slowJoinRaces } from '../src/scenarios/join-races.ts'
import { lostAnswers } from '../src/scenarios/lost-answers.ts'
import { troubledNetwork } from '../src/scenarios/networks.ts'
import { offlineSends, poison } from '../src/scenarios/queues.ts'
import { restarts } from '../src/scenarios/restarts.ts'
import { beyondRetention } from '../src/scenarios/retention.ts'
import type { Verdict } from '../src/scenarios/scenario.ts'
import { storm } from '../src/scenarios/storm.ts'
import type { StorePlace } from '../src/stores.ts'

type Run = (place: StorePlace) => Promise<Verdict>

const LIMIT_MS = 60_000

async function onSqlite(run: Run): Promise<Verdict> {
  const ground = await prepareGround('sqlite')
  try {
    return await run(ground.place)
  } finally {
    await ground.close()
  }
}

/** Nothing is wrong, and at least so much happened. */
function holds(title: string, run: Run, least: Readonly<Record<string, number>>): void {
  test(
    title,
    async () => {
      const { violations, facts } = await onSqlite(run)
      expect(violations).toEqual([])
      for (const [name, count] of Object.entries(least))
        expect(facts[name], name).toBeGreaterThanOrEqual(count)
    },
    LIMIT_MS,
  )
}

/** The check finds what is broken on purpose. */
function finds(title: string, invariant: string, run: Run): void {
  test(
    title,
    async () => {
      const { violations } = await onSqlite(run)
      expect(violations.map((violation) => violation.invariant)).toContain(invariant)
    },
    LIMIT_MS,
  )
}

describe('a network that fails', () => {
  holds(
    '[R01] [G2] connections that are reset again and again lose, double and disorder nothing',
    (place) => troubledNetwork(place, { trouble: 'reset', times: 3, sends: 800 }),
    { losses: 6, confirmed: 800 },
  )
  holds(
    '[R02] [G2] neither do connections that are closed, towards the client alone as well',
    (place) => troubledNetwork(place, { trouble: 'end', times: 4, sends: 0 }),
    { losses: 8, confirmed: 100 },
  )
  holds(
    '[R03] [G2] neither does a network that swallows everything; both ends notice in time',
    (place) => troubledNetwork(place, { trouble: 'black-hole', times: 1, sends: 0 }),
    { losses: 2, droppedBytes: 1_000 },
  )
  holds(
    '[R04] [G4] neither does one that swallows one direction, whichever',
    (place) => troubledNetwork(place, { trouble: 'one-way', times: 2, sends: 0 }),
    { losses: 4, droppedBytes: 1_000 },
  )
  holds(
    '[R05] [G4] sends whose answers are lost are sent again, and become no second notification',
    (place) => lostAnswers(place, { times: 2 }),
    { repeats: 8 },
  )
  holds(
    '[R06] [G2] connections that are cut after so many bytes lose, double and disorder nothing',
    (place) => byteCuts(place, { lengths: 24, transports: ['websocket'] }),
    { torn: 72 },
  )
  holds(
    '[R07] [G3] neither do those that are cut while they are upgraded',
    (place) => byteCuts(place, { lengths: 16, transports: ['polling', 'websocket'] }),
    { torn: 48 },
  )
  holds(
    '[R08] [G2] everybody of many comes back at once, with everything, and statistics stay few',
    (place) => storm(place, { clients: 150, times: 1 }),
    { backMs: 1 },
  )
})

describe('readers that come back, and newcomers', () => {
  holds(
    '[R09] [G7] a reader that is far behind gets it all, in pages, while others go on sending',
    (place) => backlog(place, { rows: 20_000, limitMs: 30_000 }),
    { stored: 20_000 },
  )
  holds(
    '[R10] [G5] who was away for longer than anything is kept is told',
    (place) => beyondRetention(place, { times: 2 }),
    { resets: 4 },
  )
  holds(
    '[R11] [G1] a join has no seam, however fast others send',
    (place) => joinRaces(place, { visits: 40 }),
    { joins: 160, missed: 100 },
  )
  holds('[R12] [G1] neither has one on a slow store', (place) => slowJoinRaces(place, { visits: 5 }), {
    joins: 20,
    missed: 10,
  })
  holds(
    '[R38] [G4] an application that is killed or loads again sends what it has kept, once',
    (place) => restarts(place, { times: 3 }),
    { keys: 15, stored: 15 },
  )
})

describe('one user in several places', () => {
  holds(
    '[R39] [G2] what one tab reads is read, and the other tab misses nothing',
    (place) => twoTabs(place, { times: 2 }),
    { visits: 4 },
  )
  holds(
    '[R40] [R42] [G3] a user who goes from node to node is told how much follows, and gets it',
    (place) => wanderingUser(place, { times: 6 }),
    { announced: 5 },
  )
  holds(
    '[R41] [G2] a cursor does not go back when an older word comes last',
    (place) => lateCursors(place, { times: 3 }),
    { cursorSights: 6 },
  )
})

describe('sends that wait', () => {
  holds(
    '[R53] [G1] what is sent while a client reconnects keeps its order, and the bound is told',
    (place) => offlineSends(place, { times: 2 }),
    { confirmed: 300, refusedAtTheBound: 60 },
  )
  holds(
    '[R54] [G7] what is far too large does not leave the client, and harms no neighbour',
    (place) => poison(place, { times: 3 }),
    { refused: 3, neighbours: 6 },
  )
})

describe('what is broken on purpose is found:', () => {
  finds('[R01] [G2] a reader that forgets where it stopped', 'I2', (place) =>
    troubledNetwork(place, { trouble: 'reset', times: 2, sends: 0, hasForgetful: true }),
  )
  finds('[R03] [G2] a node that does not notice', 'I6', (place) =>
    troubledNetwork(place, {
      trouble: 'black-hole',
      times: 1,
      sends: 0,
      pings: { intervalMs: 20_000, timeoutMs: 20_000 },
    }),
  )
  finds('[R05] [G4] a store that forgets keys', 'I4', (place) =>
    lostAnswers(place, { times: 1, breaks: 'forgets-keys' }),
  )
  finds(
    '[R06] [G2] a reader that forgets where it stopped, when it is cut after so many bytes',
    'I2',
    (place) => byteCuts(place, { lengths: 10, transports: ['websocket'], hasForgetful: true }),
  )
  finds('[R08] [G7] statistics that nobody holds back', 'I8', (place) =>
    storm(place, { clients: 20, times: 3, stats: { minIntervalMs: 1, perClientMs: 1 } }),
  )
  finds('[R09] [G7] a node that reads all that was missed at once', 'I8', (place) =>
    backlog(place, {
      rows: 60_000,
      limitMs: 30_000,
      limits: { pageItems: 1_000_000, pageBytes: 1_000_000_000 },
    }),
  )
  finds('[R10] [G5] a store that hides what retention has taken', 'I2', (place) =>
    beyondRetention(place, { times: 1, breaks: 'hides-what-is-trimmed' }),
  )
  finds('[R11] [G2] a store that leaves holes', 'I2', (place) =>
    joinRaces(place, { visits: 10, breaks: 'leaves-holes' }),
  )
  finds('[R38] [G4] an application that keeps nothing', 'I1', (place) =>
    restarts(place, { times: 1, outbox: 'memory', patienceMs: 1_000 }),
  )
  finds('[R42] [G5] a count of what the store gives instead of what it has', 'I10', (place) =>
    wanderingUser(place, { times: 3, breaks: 'leaves-holes' }),
  )
  finds('[R41] [G2] a store that lets cursors go back', 'I10', (place) =>
    lateCursors(place, { times: 1, breaks: 'turns-cursors-back' }),
  )
  finds('[R53] [G1] a store that turns round what comes together', 'I2', (place) =>
    offlineSends(place, { times: 1, breaks: 'turns-batches-round' }),
  )
  finds('[R54] [G7] a client that does not look at what it sends', 'I8', (place) =>
    poison(place, { times: 1, isUnchecked: true }),
  )
})
