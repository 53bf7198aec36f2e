const ANY_SURROGATE = /[\ud800-\udfff]/
const LONE_SURROGATE = /\p{Surrogate}/u
const PRINTABLE_ASCII = /^[ -~]*$/
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
const CONTROL = /\p{Cc}/u
/** What the eye does not see: two names that differ in nothing else look the same. Direction marks are among it. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
/** Where joiners and variation selectors make sense: in pictures, which may be made of several. */
const PICTURES =
  /\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{Emoji_Modifier}?(?:\u200d\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{Emoji_Modifier}?)*|[#*0-9]\ufe0f\u20e3/gu
/** Scripts in which a joiner, or its opposite, changes how a word is written. */
const JOINED_LETTERS =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}][\u200c\u200d]/gu
/** No language stacks more than eight accents on a letter. A higher tower covers the lines around it. */
const TOWER = /\p{M}{9}/u

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

/** A name that looks like another one is a trap for the reader: nothing that is not seen, and one normal form. */
export function isPlainName(name: string): boolean {
  // Most names are, and one look tells.
  if (PRINTABLE_ASCII.test(name)) return true
  return (
    isWellFormed(name) &&
    !CONTROL.test(name) &&
    !hasInvisible(name) &&
    // Before the normal form: to put marks into their order costs the square of how many stand in a row.
    !TOWER.test(name) &&
    name.normalize('NFC') === name
  )
}

/** What people are called: no less safe to look at than a name, but spelt as their language spells it. */
export function isPersonName(name: string): boolean {
  if (PRINTABLE_ASCII.test(name)) return true
  return (
    isWellFormed(name) &&
    !CONTROL.test(name) &&
    !hasInvisible(name.replace(JOINED_LETTERS, '')) &&
    !TOWER.test(name)
  )
}

function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text) && INVISIBLE.test(text.replace(PICTURES, ''))
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
