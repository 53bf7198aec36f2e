import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@carillon/testkit'
import { prepareRedis, prepareSqlite } from '../places.ts'
import { SKIPPED, type Verdict } from './scenario.ts'
import { underLoad } from './store-course.ts'
import { CHANNEL, type Crew, type CrewPlan } from './store-crew.ts'
import { type Answer, callWitness, isFine, isForNow, type Witness, waitFor } from './store-witness.ts'

type Orders = CrewPlan['orders']

/** A disk that has little room, and at times none. */
interface SmallDisk {
  fill(): Promise<void>
  makeRoom(): Promise<void>
  close(): Promise<void>
}

const run = promisify(execFile)
/** For a write-ahead log and some data; and for what each round leaves behind. */
const MEGABYTES = 16
const MEGABYTES_OF_A_ROUND = 3
const MOUNT_COMMAND = 'as root, where "mount -t tmpfs" is allowed'

/** `null` where nothing may be mounted; one line says so, and how to run it. */
async function mountOver(folder: string, rounds: number): Promise<SmallDisk | null> {
  const megabytes = MEGABYTES + rounds * MEGABYTES_OF_A_ROUND
  const mounted = run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  const isMounted = await mounted.then(
    () => true,
    () => false,
  )
  if (!isMounted) {
    // No package would change that: where it is not allowed, the row is not run.
    console.warn(`Nothing may be mounted here: full disks were not tried. To try them: ${MOUNT_COMMAND}`)
    return null
  }
  const ballast = join(folder, 'ballast')
  return {
    async fill() {
      // More than there is room for: what fits of it is written.
      const tooMuch = Buffer.alloc((megabytes + 1) * 1024 ** 2)
      await writeFile(ballast, tooMuch).then(
        () => Promise.reject(new Error('the small disk is not small')),
        () => undefined,
      )
    },
    makeRoom: () => rm(ballast, { force: true }),
    // Lazily: a file may be held for a moment by somebody on the way out.
    close: async () => void (await run('umount', ['--lazy', folder])),
  }
}

const LARGE = { lanes: 4, restMs: 10, size: 2_000 } as const
const FILL_MS = 6_000
const ANSWER_MS = 12_000

/** R30: the disk of a SQLite file is full, and has room again. */
export async function sqliteDiskFull(times: number, orders?: Orders): Promise<Verdict> {
  const { place, folder, close } = await prepareSqlite()
  const disk = await mountOver(folder, times)
  try {
    if (disk === null) return SKIPPED
    return await underLoad({ place, orders, insistence: LARGE }, place, async (crew) => {
      const [user, guest] = await callBoth(crew)
      for (let n = 1; n <= times; n++) {
        await disk.fill()
        const isFull = async (): Promise<boolean> => isRefused((await user.send(CHANNEL, LARGE.size)).answer)
        await crew.sees(`full disk ${n}: a refusal`, isFull, FILL_MS)
        const reads = { stream: 'c:devops', limit: 5 }
        crew.waits.push(
          waitFor(`full disk ${n}: history`, await guest.ask('get-history', reads), ANSWER_MS, isFine),
          waitFor(`full disk ${n}: a guest joins`, await guest.join(CHANNEL), ANSWER_MS, isFine),
          waitFor(`full disk ${n}: statistics`, await user.ask('get-stats'), ANSWER_MS, isFine),
        )
        await disk.makeRoom()
        await crew.flows(`all goes on when there is room again, ${n}`)
      }
      crew.facts.faults = times
      for (const witness of [user, guest]) witness.close()
    })
  } finally {
    await disk?.close()
    await close()
  }
}

/** R31: the disk of Redis is full. It ends by itself, and is started again when there is room. */
export async function redisDiskFull(times: number, orders?: Orders): Promise<Verdict> {
  const { place, direct, folder, server, close } = await prepareRedis()
  await server.stop()
  const disk = await mountOver(folder, times)
  try {
    if (disk === null) return SKIPPED
    await server.start()
    const plan = { place, orders: { limits: { storeTimeoutMs: 1_000 }, ...orders }, insistence: LARGE }
    return await underLoad(plan, direct, async (crew) => {
      const [user, guest] = await callBoth(crew)
      for (let n = 1; n <= times; n++) {
        await disk.fill()
        const isGone = (): Promise<boolean> =>
          server.cli('ping').then(
            () => false,
            () => true,
          )
        await until(isGone, 'the end of Redis', FILL_MS)
        crew.waits.push(
          waitFor(
            `full disk ${n}: an answer that says "for now"`,
            await user.send(CHANNEL),
            ANSWER_MS,
            isForNow,
          ),
          waitFor(`full disk ${n}: statistics`, await guest.ask('get-stats'), ANSWER_MS, isFine),
        )
        await disk.makeRoom()
        await server.start()
        await crew.flows(`all goes on when there is room again, ${n}`)
      }
      crew.facts.faults = times
      for (const witness of [user, guest]) witness.close()
    })
  } finally {
    await server.kill()
    await disk?.close()
    await close()
  }
}

/** A user, and a guest: for whom nothing is written when they join. */
async function callBoth(crew: Crew): Promise<readonly [Witness, Witness]> {
  const [{ url }] = crew.seats
  return [await callWitness(url, 'witness', crew.others), await callWitness(url, null, crew.others)]
}

/** Surely not stored, and may be tried again. */
function isRefused(answer: Answer | null): boolean {
  return answer !== null && isForNow(answer) && answer.outcome === 'refused'
}
