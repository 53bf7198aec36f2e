/** Something that stands in one line with others, the least recently used one first. */
export interface Linked<T> {
  line: Line<T> | null
  older: T | null
  newer: T | null
}

export interface Line<T> {
  oldest: T | null
  newest: T | null
}

export function createLine<T>(): Line<T> {
  return { oldest: null, newest: null }
}

/** Puts it at the newest end of a line, out of whatever line it was in. */
export function moveToNewest<T extends Linked<T>>(line: Line<T>, member: T): void {
  if (line.newest === member) return
  takeOut(member)
  member.line = line
  member.older = line.newest
  if (line.newest === null) line.oldest = member
  else line.newest.newer = member
  line.newest = member
}

export function takeOut<T extends Linked<T>>(member: T): void {
  const { line, older, newer } = member
  if (line === null) return
  if (older === null) line.oldest = newer
  else older.newer = newer
  if (newer === null) line.newest = older
  else newer.older = older
  member.line = null
  member.older = null
  member.newer = null
}
