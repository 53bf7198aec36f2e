// What this window was handed, written down over kills and reloads. Plain data, so that it can be kept as JSON, and
// functions that return the next state. The judgement of the page is here: it trusts nobody, the client neither.

/** What is drawn; the judgement is about all that ever came. */
const CELLS_KEPT = 300
const SENDERS_KEPT = 100

export function newLedger() {
  return {
    epoch: null,
    first: 0,
    last: 0,
    missing: [],
    doubled: 0,
    late: 0,
    senders: [],
    cells: [],
    lives: [],
  }
}

/**
 * A notification came.
 *
 * @param tick who sent it and as which of theirs, `{ sender, number }`
 */
export function onArrival(ledger, { epoch, offset, tick, replayed = false, isOwn = false }) {
  // Another epoch is another log: somebody threw the file away. It is judged from here on.
  const before =
    ledger.epoch === null || ledger.epoch === epoch ? ledger : { ...newLedger(), lives: ledger.lives }
  const cell = { offset, replayed, isOwn }
  const cells = [...before.cells, cell].slice(-CELLS_KEPT)
  return { ...before, epoch, cells, ...placed(before, offset, tick) }
}

/** Offsets of a stream are counted without a gap. */
function placed(ledger, offset, tick) {
  const { first, last, missing, doubled, late } = ledger
  if (last === 0) return { first: offset, last: offset, ...counted(ledger, tick) }
  if (offset > last) {
    const { missing: ticks = missing, ...rest } = counted(ledger, tick)
    return { first, last: offset, missing: [...ticks, ...between(last, offset)], ...rest }
  }
  if (!missing.includes(offset)) return { doubled: doubled + 1 }
  return { late: late + 1, missing: missing.filter((other) => other !== offset) }
}

/** Sends of one window to one channel are stored in the order of their calls, each once: so its ticks have no gap. */
function counted({ senders, missing, doubled }, { sender, number }) {
  const [, before = number - 1] = senders.find(([name]) => name === sender) ?? []
  if (number <= before) return { doubled: doubled + 1 }
  const others = senders.filter(([name]) => name !== sender).slice(1 - SENDERS_KEPT)
  const lost = between(before, number).map((tick) => `${sender}-${tick}`)
  return { senders: [...others, [sender, number]], missing: [...missing, ...lost] }
}

function between(after, before) {
  return Array.from({ length: before - after - 1 }, (_, at) => after + 1 + at)
}

/** A connection is confirmed: what comes from here on comes from this process, until the next. */
export function onServed(ledger, pid) {
  if (ledger.lives.at(-1)?.pid === pid) return ledger
  return { ...ledger, lives: [...ledger.lives, { pid, from: ledger.last + 1 }] }
}

/** How often the server was another one than before. */
export function deathsOf({ lives }) {
  return Math.max(0, lives.length - 1)
}

export function isWhole({ missing, doubled, late }) {
  return missing.length === 0 && doubled === 0 && late === 0
}

/** Which life of the server an offset belongs to. */
export function lifeOf({ lives }, offset) {
  const life = lives.findLastIndex(({ from }) => from <= offset)
  return Math.max(0, life)
}
