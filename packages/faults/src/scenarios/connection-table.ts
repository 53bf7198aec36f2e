import { backlog } from './backlog.ts'
import { byteCuts } from './byte-cuts.ts'
import { lateCursors, twoTabs, wanderingUser } from './devices.ts'
import { joinRaces, slowJoinRaces } from './join-races.ts'
import { lostAnswers } from './lost-answers.ts'
import { troubledNetwork } from './networks.ts'
import { offlineSends, poison } from './queues.ts'
import { restarts } from './restarts.ts'
import { beyondRetention } from './retention.ts'
import type { Scenario } from './scenario.ts'
import { storm } from './storm.ts'

/** Rows that have little to do with the store. */
const ANY_STORE = ['sqlite'] as const

/** What happens to the connections of clients. */
export const CONNECTION_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'connections-reset': {
    rows: ['R01'],
    title: 'every connection is reset, every 300 ms, under load',
    run: (place, times) => troubledNetwork(place, { trouble: 'reset', times, sends: 250 * times }),
  },
  'connections-ended': {
    rows: ['R02'],
    title: 'every connection is closed, in order or towards the client alone, under load',
    stores: ANY_STORE,
    run: (place, times) => troubledNetwork(place, { trouble: 'end', times, sends: 100 * times }),
  },
  'black-hole': {
    rows: ['R03'],
    title: 'for two seconds nothing passes between clients and node, and nobody is told',
    stores: ANY_STORE,
    run: (place, times) => troubledNetwork(place, { trouble: 'black-hole', times: few(times), sends: 0 }),
  },
  'one-way': {
    rows: ['R04'],
    title: 'for two seconds nothing passes in one direction, turn and turn about',
    stores: ANY_STORE,
    run: (place, times) => troubledNetwork(place, { trouble: 'one-way', times: few(times), sends: 0 }),
  },
  'lost-answers': {
    rows: ['R05'],
    title: 'sends are stored and their answers lost, so that clients send again',
    run: (place, times) => lostAnswers(place, { times }),
  },
  'byte-cuts': {
    rows: ['R06'],
    title:
      'connections are reset after so many bytes, from the first of the handshake to pages of what was missed',
    stores: ANY_STORE,
    run: (place, times) => byteCuts(place, { lengths: 10 * times, transports: ['websocket'] }),
  },
  'upgrade-cuts': {
    rows: ['R06', 'R07'],
    title: 'the same with connections that begin with polling and are upgraded',
    stores: ANY_STORE,
    run: (place, times) => byteCuts(place, { lengths: 10 * times, transports: ['polling', 'websocket'] }),
  },
  storm: {
    rows: ['R08'],
    title: 'five hundred clients are cut off at once, and come back at once',
    stores: ANY_STORE,
    run: (place, times) => storm(place, { clients: 500, times: few(times) }),
  },
  backlog: {
    rows: ['R09'],
    title: 'readers come back who have missed very much, while others go on sending',
    stores: ANY_STORE,
    run: (place, times) => backlog(place, { rows: 50_000 * times, limitMs: 20_000 * times }),
  },
  'beyond-retention': {
    rows: ['R10'],
    title: 'readers are away for longer than anything is kept',
    run: (place, times) => beyondRetention(place, { times: few(times) }),
  },
  'join-races': {
    rows: ['R11'],
    title: 'clients join and leave while others send as fast as they can',
    run: (place, times) => joinRaces(place, { visits: 25 * times }),
  },
  'slow-join-races': {
    rows: ['R12'],
    title: 'the same on a store that takes up to 200 ms for each read',
    run: (place, times) => slowJoinRaces(place, { visits: 2 * times }),
  },
  restarts: {
    rows: ['R38'],
    title:
      'an application goes with sends that it has not had confirmed, and starts again on what it has kept',
    stores: ANY_STORE,
    run: (place, times) => restarts(place, { times: few(times) + 2 }),
  },
  'two-tabs': {
    rows: ['R39'],
    title: 'a user has two tabs on two nodes; what one reads counts as read, and the other misses nothing',
    run: (place, times) => twoTabs(place, { times: few(times) }),
  },
  'wandering-user': {
    rows: ['R40', 'R42'],
    title: 'a user comes to one node and then to the other, while others go on sending',
    run: (place, times) => wanderingUser(place, { times }),
  },
  'late-cursors': {
    rows: ['R41'],
    title: 'two tabs tell how far they are, and the older word reaches the store last',
    run: (place, times) => lateCursors(place, { times }),
  },
  'offline-sends': {
    rows: ['R53'],
    title: 'an application sends a hundred times while it reconnects',
    run: (place, times) => offlineSends(place, { times: few(times) }),
  },
  poison: {
    rows: ['R54'],
    title: 'an application sends something far too large between others',
    stores: ANY_STORE,
    run: (place, times) => poison(place, { times }),
  },
}

/** For what takes seconds each time. */
function few(times: number): number {
  return Math.max(2, Math.ceil(times / 5))
}
