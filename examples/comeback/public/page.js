// Draws. What others sent goes through textContent, so none of it can become markup.
import { deathsOf, isWhole, lifeOf } from './ledger.js'

const byId = (id) => document.getElementById(id)
const CELLS_SHOWN = 240
/** Colours of server processes, in turn. */
const COLOURS = 4
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }

const STATUS_WORDS = {
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'The server is dead',
  suspended: 'No connection',
  closed: 'Closed',
}

let latest
let isDue = false

/** Draws the state at the next frame; of several states in between the last counts. */
export function draw(state) {
  latest = state
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    drawNow(latest)
  })
}

function drawNow(state) {
  const { ledger, status, waiting, isTicking, rows } = state
  byId('status').textContent = STATUS_WORDS[status]
  byId('status').dataset.status = status
  byId('kill').disabled = status !== 'connected'
  byId('reload').disabled = status !== 'connected'
  byId('ticker').setAttribute('aria-checked', isTicking)
  const pid = ledger.lives.at(-1)?.pid
  byId('process').textContent =
    status === 'connected' && pid !== undefined
      ? `kill -9 ${pid}, in the middle of whatever it does`
      : 'Nobody is there. Sends wait in this window.'
  drawVerdict(state)
  byId('strip').replaceChildren(...cellsOf(ledger), ...waiting.slice(0, 60).map(() => cell('waiting')))
  byId('log').replaceChildren(...rows.map(rowOf))
}

function drawVerdict({ ledger, status, waiting, reloads }) {
  const { first, last, missing, doubled, late } = ledger
  const figures = {
    arrived: last === 0 ? 0 : last - first + 1 - missing.length,
    missing: missing.length,
    doubled: doubled + late,
    waiting: waiting.length,
    kills: deathsOf(ledger),
    reloads,
  }
  for (const [id, figure] of Object.entries(figures)) byId(id).textContent = figure
  const verdict =
    last === 0 ? 'waiting' : !isWhole(ledger) ? 'broken' : status === 'connected' ? 'whole' : 'dead'
  byId('verdict').dataset.verdict = verdict
  byId('headline').textContent = {
    waiting: 'Waiting for the first notification',
    broken: brokenWords(ledger),
    dead: 'The server is dead',
    whole: 'Nothing is missing, nothing came twice',
  }[verdict]
  byId('detail').textContent = detailOf(verdict, ledger, waiting)
}

function brokenWords({ missing, doubled, late }) {
  const words = [
    ...(missing.length > 0 ? [`${missing.length} missing`] : []),
    ...(doubled > 0 ? [`${doubled} came twice`] : []),
    ...(late > 0 ? [`${late} out of order`] : []),
  ]
  return words.join(', ')
}

function detailOf(verdict, { first, last, missing }, waiting) {
  if (verdict === 'waiting') return 'It is sent by this very window.'
  if (verdict === 'broken') return `Between ${first} and ${last}: ${missing.slice(0, 10).join(', ')}`
  const sends = waiting.length === 1 ? '1 send waits' : `${waiting.length} sends wait`
  if (verdict === 'dead') return `Offset ${last} was the last. ${sends} for the next process.`
  return `Offsets ${first} to ${last}, no gaps`
}

/** One cell for each offset of the last ones, in order; what is missing among them has one as well. */
function cellsOf(ledger) {
  const shown = ledger.cells.slice(-CELLS_SHOWN)
  let before = shown[0]?.offset
  return shown.flatMap(({ offset, replayed, isOwn }) => {
    const gap = Math.max(0, offset - before - 1)
    before = offset
    const missing = Array.from({ length: Math.min(gap, 60) }, () => cell('missing'))
    const life = lifeOf(ledger, offset)
    const made = cell(replayed ? 'replayed' : '')
    made.dataset.offset = offset
    made.dataset.life = life % COLOURS
    made.title = `Offset ${offset}, ${isOwn ? 'sent by this window, ' : ''}${replayed ? 'caught up' : 'live'}`
    if (ledger.lives.some(({ from }, at) => at > 0 && from === offset)) made.classList.add('first')
    return [...missing, made]
  })
}

function cell(kind) {
  return element('i', `cell ${kind}`)
}

function rowOf({ kind, text, at, offset, replayed, isOwn }) {
  const row = element('li', kind)
  if (kind === 'arrival') {
    const words = `${text} of ${isOwn ? 'this' : 'another'} window`
    row.append(element('b', 'offset', offset), element('span', 'text', words))
    if (replayed) row.append(element('span', 'missed', 'caught up'))
  } else row.append(element('span', 'text', text))
  const time = element('time', 'quiet', new Date(at).toLocaleTimeString([], CLOCK))
  time.dateTime = at
  row.append(time)
  return row
}

function element(tag, className, text = '') {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}
