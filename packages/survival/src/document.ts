import { type Spread, spreadOf } from '@carillon/bench'
import { machineText, type Versions } from './machine.ts'
import { PLAN } from './plan.ts'
import type { Survey } from './survey.ts'
import { fatesTable, killsTable, memoryTable, ownTable, powerTable } from './tables.ts'
import type { Throughput } from './throughput.ts'
import { numberText } from './words.ts'

/** docs/STORES.md, whole: the program writes it, nobody edits it. */
export function documentOf(
  surveys: readonly Survey[],
  throughput: Throughput,
  versions: Versions,
  date: Date,
): string {
  return `# Stores

${CHOICE}

## What a confirmation survives

${fatesTable(surveys)}

${READING}

## What each store says of itself

${saysText(surveys)}

## How many were there

${COUNTS}

After a kill:

${killsTable(surveys)}

After a power loss, when of what was not synced nothing is there, and when chance has left some of it:

${powerTable(surveys)}

## How fast

${speedText(throughput)}

${ownTable(throughput)}

${memoryTable(throughput)}

${METHOD}

## Where

- ${date.toISOString().slice(0, 10)}, ${machineText()}
- Node ${process.version}, PostgreSQL ${versions.postgres}, Redis ${versions.redis}, SQLite in the process, each store with its defaults otherwise
- while the speed was measured, the disk took ${spreadText(throughput.syncMs, 2)} ms to sync a page, and the load of the
  machine was ${spreadText(throughput.load, 1)}, with other work than this in it where it is above two
`
}

const CHOICE = `A send is confirmed when its store has it. What that confirmation survives is up to the store and its settings.
Written by \`npm run stores\`, which appends to real stores, kills processes, takes the power away, and counts.

- **One machine: SQLite**, as it is. Nothing that was confirmed is lost, not even with the power, and no server is
  needed: [\`@carillon/store-sqlite\`](../packages/store-sqlite).
- **Several nodes: PostgreSQL**, as it is, or **Redis** with \`appendonly yes\` and \`appendfsync always\`. Nothing that
  was confirmed is lost: [\`@carillon/store-postgres\`](../packages/store-postgres),
  [\`@carillon/store-redis\`](../packages/store-redis).
- **Memory**, where a restart may forget everything: development, tests, news of the minute.

Take a weaker setting only when you can say which notifications may be lost. Redis as most packages install it keeps
nothing that was confirmed since its last snapshot.`

const READING = `_Kept_: every confirmed append was there, at its place, with its content. _Kept this time_: so it was, and the store says
that it may be otherwise. A time is how long before the end the first one was confirmed that was lost. A dash: the store
has no process of its own. Clients that come back notice what was lost by the epoch or the id at their position, and are
told ([G5](PROTOCOL.md#guarantees)); who sent it has been told that it was stored.

SQLite with \`normal\` loses what came since its last checkpoint. Those come with the length of its log and not with time:
under this load the last one was a moment ago, on a quiet server it may be hours. With snapshots alone, Redis goes back
to the last one; these runs were too short for one.

Redis with \`everysec\` goes on confirming for up to two seconds while a sync is under way and writes nothing: on a quick
disk a kill seldom meets such a moment, on a busy or slow one it often does. The power takes what was confirmed since
the last sync: about a second, or as much longer as the disk is slower. It may take more when it goes while Redis
rewrites its file, which was seen here on the slow disk: the end of an older file is missing, and the newer one that
continues it is there. Then Redis does not start until somebody mends the file, or it starts with a hole, and the store,
which passes over nothing in silence, gives up the stream and begins a new epoch.`

const COUNTS = `There, of how many that were confirmed: by appends one by one, and by calls of 64 that are committed together. The
fault comes under load, with a call under way: after ${PLAN.confirmations} confirmations, and for all but the kill of your process after ${PLAN.ms / 1000}
seconds or more.`

const METHOD = `## How it was measured

- **Your process** is a process that opens the store as an application does and appends to one channel, the next call
  when the last one was confirmed. It writes down each confirmation before it goes on, so that what it was told is
  known after its end. SIGKILL ends it.
- **The database** is a private server with data of its own. SIGKILL ends all of its processes.
- **The power** takes all processes, and of the files whatever was not synced. A small library (\`LD_PRELOAD\`, in C,
  compiled on the spot) notes in the process that writes what a file was when an \`fsync\` or \`fdatasync\` of it began
  that then succeeded, and for folders which names were there. After SIGKILL the folder is made anew from these notes,
  and the store is opened on it. Other ways to sync (\`O_DSYNC\`, \`msync\`, \`syncfs\`) count for nothing: who relied on
  them would lose more here than with a real disk, never less.
- Then again, from the same moment, ${PLAN.draws} times with some of what was not synced: each page that was overwritten is old or
  new by chance, of what was appended a first part is there, names have changed or not.
- **What a store says** (\`durability()\`: its level and its sentence) is compared with what was seen. When they do not
  agree, too much promised or too little, the program fails and this page is not written. Where a loss is announced
  that a lucky kill can miss, the trial is repeated up to twice.
- **Speed** is measured in rounds. In each, every store takes its turn on the same machine, one after the other,
  servers included; a ratio is of two measurements of the same turn, the memory store's right before, and a cell has
  the median over the rounds, the least and the most. _64 in a call_ is one call after the other; _64 calls at once_
  are calls of one entry, of which 64 are under way at any time.

**What the simulation cannot show.** A drive that says it has synced and has not (a cache without a battery, some
network volumes); sectors that are torn within a page; a file system that breaks its own promises; what a failover to
another machine loses. A real kernel writes by itself what nobody syncs, mostly within half a minute: where nothing is
ever synced, _all lost_ means all of these few seconds. Which pages it would have written lies somewhere between the
worst case and the draws by chance. And a note takes time: while they are taken, stores are slower than in the last
section.`

function spreadText({ median, min, max }: Spread, digits: number): string {
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(digits))
  return `${middle} (${least} to ${most})`
}

function saysText(surveys: readonly Survey[]): string {
  const sentences = surveys
    .filter(({ setting }) => setting.syncDelayMs === undefined)
    .map(({ setting, durability }) => `- ${setting.title}: “${withoutFile(durability.sentence)}”`)
  return `In the log of the server, at the start, with a warning for each setting that breaks the promise.

${sentences.join('\n')}`
}

/** The file of a trial is of no interest. */
function withoutFile(sentence: string): string {
  return sentence.replace(/ \/\S+:/, ' …:')
}

function speedText({ ratesOf, rounds }: Throughput): string {
  const rates = [...ratesOf.values()].flatMap(({ memory }) => memory['one by one'])
  const { median } = spreadOf(rates)
  return `Appends per second, as ratios, over ${rounds} rounds. A store that waits for the disk makes up for it when appends come
together: they share one sync. The server puts sends that arrive together into one call, and has one call under way at
a time, or a few where the store keeps their order, as SQLite does.
The memory store took ${numberText(Number(median.toPrecision(2)))} appends per second one by one; its own row in the second table, the same
thing measured twice, is the noise.`
}
