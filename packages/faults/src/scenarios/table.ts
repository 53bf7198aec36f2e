import { CONNECTION_SCENARIOS } from './connection-table.ts'
import { killLoop } from './kill-loop.ts'
import type { Scenario } from './scenario.ts'
import { STORE_SCENARIOS } from './store-table.ts'

const LOAD = { senders: 2, inFlight: 16 } as const

/** Nodes that die. */
const NODE_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'kill-9': {
    rows: ['R34'],
    title: 'a node is killed under load, again and again',
    run: (place, deaths) => killLoop(place, { ...LOAD, deaths, how: 'SIGKILL' }),
  },
  'kill-before-append': {
    rows: ['R33'],
    title: 'a node dies with sends that it took and did not store',
    run: (place, deaths) => killLoop(place, { ...LOAD, deaths, how: 'before-append' }),
  },
  'kill-after-append': {
    rows: ['R33', 'R05'],
    title: 'a node dies when sends are in the log and nobody was told',
    run: (place, deaths) => killLoop(place, { ...LOAD, deaths, how: 'after-append' }),
  },
  drain: {
    rows: ['R36'],
    title: 'a node is told to go under load, again and again',
    run: (place, deaths) => killLoop(place, { ...LOAD, deaths, how: 'SIGTERM' }),
  },
}

/** Every scenario by its name on the command line. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ...NODE_SCENARIOS,
  ...CONNECTION_SCENARIOS,
  ...STORE_SCENARIOS,
}
