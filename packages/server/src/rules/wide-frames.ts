/*
 * Socket.IO hands the arguments of an event to its listeners one by one, on the stack. Some tens of thousands of
 * them are more than it holds, and the RangeError ends the process, whether or not anybody listens.
 */

/** No client has a use for so many, and they are still far from what a stack holds. */
export const MOST_ARGUMENTS = 10_000
/** The name of an event comes first. */
const MOST_ENTRIES = MOST_ARGUMENTS + 1

/** Packets of Socket.IO with arguments: events and acknowledgements, without attachments and with them. */
const WITH_ARGUMENTS = new Set(['2', '3', '5', '6'])
/** Their frames say first how many attachments follow: "51-". */
const WITH_ATTACHMENTS = new Set(['5', '6'])

/** Whether a frame of Socket.IO carries more arguments than may be handed on. Looks at long frames only. */
export function isTooWide(frame: string): boolean {
  // Each takes a character and a comma at least.
  if (frame.length <= 2 * MOST_ARGUMENTS || !WITH_ARGUMENTS.has(frame.charAt(0))) return false
  return countEntries(frame, frame.indexOf('[', startOfContent(frame)), MOST_ENTRIES + 1) > MOST_ENTRIES
}

/** Behind the name of the namespace: anything may stand in that. */
function startOfContent(frame: string): number {
  const namespace = WITH_ATTACHMENTS.has(frame.charAt(0)) ? frame.indexOf('-') + 1 : 1
  return frame.charAt(namespace) === '/' ? frame.indexOf(',', namespace) + 1 : namespace
}

/**
 * Entries of a list in JSON, counted up to a bound. What is no JSON may give any number: nobody gets it anyway.
 *
 * @param start where its bracket is; -1 for no list
 */
function countEntries(json: string, start: number, bound: number): number {
  let entries = 1
  let depth = 0
  let at = start
  while (at >= 0 && at < json.length && entries < bound) {
    const mark = json.charAt(at)
    if (mark === '[' || mark === '{') depth += 1
    else if (mark === ']' || mark === '}') depth -= 1
    else if (mark === ',' && depth === 1) entries += 1
    at = mark === '"' ? endOfText(json, at) : at + 1
  }
  return entries
}

/** The place behind the quote that ends a text; -1 when none does. */
function endOfText(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1)
  while (quote !== -1 && isEscaped(json, quote)) quote = json.indexOf('"', quote + 1)
  return quote === -1 ? -1 : quote + 1
}

function isEscaped(json: string, at: number): boolean {
  let before = at - 1
  while (json.charAt(before) === '\\') before -= 1
  return (at - before) % 2 === 0
}
