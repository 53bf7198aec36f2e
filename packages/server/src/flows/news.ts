import type { Head, News, StreamKey } from '@carillon/store'
import { placeOf } from '../rules/loss.ts'
import { userKey } from '../rules/streams.ts'
import { pin, type Tail, unpin } from '../rules/tail.ts'
import { type Core, reportFault } from './core.ts'
import { holdAfterGap, lookNow, readOn, suspect } from './reading.ts'
import { awakeTail, signal, whenOpen } from './tails.ts'

/*
 * What other nodes append is heard of through the store. News may come twice, late, in any order or not at all:
 * a tail takes what is its next, and where something may have been missed, the store is asked where it stands.
 */

/** Streams that are asked for at once. */
const HEADS_PER_CALL = 500

/** Another node, or another attachment of this process, has appended something. */
export function onNews(core: Core, { stream, epoch, head, item }: News): void {
  if (item !== null) {
    signal(core, stream, epoch, item, 'new')
    return
  }
  const tail = awakeTail(core, stream)
  if (tail === undefined) return
  if (tail.state === 'open' && tail.epoch === epoch && tail.offset > head) suspect(core, tail)
  void follow(core, tail, { epoch, offset: head })
}

/** Brings a tail to where the store is known to stand. Never rejects. */
async function follow(core: Core, tail: Tail, head: Head): Promise<void> {
  pin(tail)
  try {
    // The head that an opening tail is about to get may be from before the news.
    await whenOpen(core, tail)
    for (let before = -1; isBehind(tail, head) && tail.offset !== before && !core.isClosing; ) {
      before = tail.offset
      await readAfresh(core, tail)
    }
  } catch (cause) {
    reportFault(core, 'STORE_FAILED', 'What another node appended could not be read', cause)
  } finally {
    unpin(tail)
  }
}

function isBehind(tail: Tail, head: Head): boolean {
  return tail.epoch !== head.epoch || tail.offset < head.offset
}

/** Hints that come together share a reading; one that is under way may be of before them. */
async function readAfresh(core: Core, tail: Tail): Promise<void> {
  await core.reading.get(tail)?.catch(() => undefined)
  const begun = core.reading.get(tail)
  if (begun !== undefined) return begun
  const reading = readOn(core, tail)
    .then(() => undefined)
    .finally(() => core.reading.delete(tail))
  core.reading.set(tail, reading)
  return reading
}

/** Nothing is heard any more: no tail is sure of its log. */
export function onSilence(core: Core): void {
  core.gaps += 1
  core.isSilent = true
}

/** News may have been missed, and are heard now. */
export function onGap(core: Core): Promise<void> {
  // What only lacks news is the log that it was. What was looked at during a silence may be another one by now.
  if (core.isSilent) core.gaps += 1
  core.isSilent = false
  return checkHeads(core)
}

/**
 * Asks the store where every stream stands that somebody here follows, and reads what was missed. [G2]
 * Two at once are one, and one more afterwards: what was missed meanwhile counts, too.
 */
export function checkHeads(core: Core): Promise<void> {
  const { check } = core
  if (check.running !== null) {
    check.isDue = true
    return check.running
  }
  check.running = checkAll(core)
    .catch((cause) => reportFault(core, 'STORE_FAILED', 'The heads of streams could not be read', cause))
    .finally(() => {
      check.running = null
      if (!check.isDue || core.isClosing) return
      check.isDue = false
      void checkHeads(core)
    })
  return check.running
}

async function checkAll(core: Core): Promise<void> {
  const streams = followedStreams(core)
  for (let at = 0; at < streams.length && !core.isClosing; at += HEADS_PER_CALL) {
    const asked = streams.slice(at, at + HEADS_PER_CALL)
    const heads = await core.store.heads(asked)
    const late = asked.map((stream, index) => followTo(core, stream, heads[index]))
    await Promise.all(late)
  }
}

async function followTo(core: Core, stream: StreamKey, head: Head | undefined): Promise<void> {
  if (head === undefined) return
  const tail = awakeTail(core, stream, head)
  if (tail === undefined) return
  holdAfterGap(core, tail)
  if (isDoubtful(tail, head)) suspect(core, tail)
  if (tail.doubts > 0) await lookNow(core, tail)
  // A look that was under way may be of before the answer.
  await follow(core, tail, head)
}

/** The tail may have moved on since the question; or the log was put back, and perhaps has grown to the same end. */
function isDoubtful(tail: Tail, { epoch, offset }: Head): boolean {
  if (tail.state === 'opening' || tail.epoch !== epoch || tail.offset < offset) return false
  const { id } = placeOf(tail)
  return tail.offset > offset || (id !== null && id !== tail.verified)
}

/** Of the tails that stand, and of the users whose stream is silent here. */
function followedStreams(core: Core): StreamKey[] {
  const open = [...core.tails.values()].map(({ stream }) => stream)
  const users = [...core.users.keys()].map((user) => userKey(core.scope, user))
  return open.filter(({ kind }) => kind !== 'user').concat(users)
}
