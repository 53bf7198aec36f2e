const ANY_SURROGATE = /[\ud800-\udfff]/
const LONE_SURROGATE = /\p{Surrogate}/u
const PRINTABLE_ASCII = /^[ -~]*$/
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
const CONTROL = /\p{Cc}/u
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

/** A lone surrogate becomes U+FFFD in every database, so two different names would meet in one row. */
export function isWellFormed(text: string): boolean {
  // Most text has no surrogate at all, and the plain look is the quick one.
  return !ANY_SURROGATE.test(text) || !LONE_SURROGATE.test(text)
}

export function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** Free text: any well-formed text without NUL, which PostgreSQL cannot hold. */
export function isStorableText(text: string): boolean {
  return isWellFormed(text) && !text.includes('\u0000')
}

/** A name that looks like another one is a trap for the reader: no controls, no direction marks, one normal form. */
export function isPlainName(name: string): boolean {
  // Most names are, and one look tells.
  if (PRINTABLE_ASCII.test(name)) return true
  return (
    isWellFormed(name) && !CONTROL.test(name) && !BIDI_CONTROL.test(name) && name.normalize('NFC') === name
  )
}

/** A point in time as `Date.toISOString` writes it, milliseconds or not, with the zone `Z` or an offset. */
export function isIsoTime(text: string): boolean {
  return ISO_TIME.test(text) && !Number.isNaN(Date.parse(text))
}

/** Bytes of the text in UTF-8; the two halves of a pair count two each. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x7f) continue
    bytes += unit <= 0x7ff || isSurrogate(unit) ? 1 : 2
  }
  return bytes
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
