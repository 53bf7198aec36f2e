/** A fenced block of code. */
export interface CodeBlock {
  readonly language: string
  readonly text: string
  /** The heading above it. */
  readonly under: string
}

export interface Heading {
  readonly level: number
  readonly text: string
}

/** A table as rows of cells, the header row first. */
export interface Table {
  readonly under: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

interface Line {
  readonly text: string
  readonly isCode: boolean
  readonly under: string
}

export function headingsOf(markdown: string): Heading[] {
  return linesOf(markdown).flatMap(({ text, isCode }) => {
    const heading = isCode ? null : headingOf(text)
    return heading === null ? [] : [heading]
  })
}

export function codeBlocksOf(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; lines: string[]; under: string } | undefined
  for (const { text, under } of linesOf(markdown)) {
    const fence = /^```(.*)$/.exec(text)
    if (open === undefined) {
      if (fence !== null) open = { language: fence[1] ?? '', lines: [], under }
    } else if (fence === null) open.lines.push(text)
    else {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, under: open.under })
      open = undefined
    }
  }
  return blocks
}

export function tablesOf(markdown: string): Table[] {
  const tables: { under: string; rows: string[][] }[] = []
  let current: { under: string; rows: string[][] } | undefined
  for (const { text: line, isCode, under } of linesOf(markdown)) {
    // A table may belong to an entry of a list.
    const text = line.trimStart()
    if (isCode || !text.startsWith('|')) {
      current = undefined
      continue
    }
    if (current === undefined) {
      current = { under, rows: [] }
      tables.push(current)
    }
    current.rows.push(cellsOf(text))
  }
  return tables.map(({ under, rows }) => ({ under, header: rows[0] ?? [], rows: rows.slice(2) }))
}

/** The first table under a heading, or the nth after it. */
export function tableUnder(markdown: string, heading: string, nth = 0): Table {
  const table = tablesOf(markdown).filter(({ under }) => under === heading)[nth]
  if (table === undefined) throw new Error(`no table ${nth + 1} under the heading "${heading}"`)
  return table
}

/** Everything below a heading, up to the next one of its level or above. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = linesOf(markdown)
  const start = lines.findIndex(({ text, isCode }) => !isCode && headingOf(text)?.text === heading)
  if (start === -1) throw new Error(`no heading "${heading}"`)
  const level = headingOf(lines[start]?.text ?? '')?.level ?? 0
  const rest = lines.slice(start + 1)
  const end = rest.findIndex(({ text, isCode }) => !isCode && (headingOf(text)?.level ?? 9) <= level)
  return (end === -1 ? rest : rest.slice(0, end)).map(({ text }) => text).join('\n')
}

/** Targets of links and pictures. */
export function linksOf(markdown: string): string[] {
  const prose = linesOf(markdown).filter(({ isCode }) => !isCode)
  return prose.flatMap(({ text }) => {
    const withoutCode = text.replace(/`[^`]*`/g, '')
    return [...withoutCode.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? '')
  })
}

/** How a heading is called in the address of a link, as GitHub does it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

/** Text without the marks of code. */
export function plain(cell: string): string {
  return cell.replace(/`/g, '')
}

/** `10 000` as a number. */
export function numberIn(cell: string): number {
  return Number(plain(cell).replace(/[\s_]/g, ''))
}

function linesOf(markdown: string): Line[] {
  let under = ''
  let isCode = false
  return markdown.split('\n').map((text) => {
    const isFence = text.startsWith('```')
    if (isFence) isCode = !isCode
    if (!isCode && !isFence) under = headingOf(text)?.text ?? under
    return { text, isCode: isCode || isFence, under }
  })
}

function headingOf(text: string): Heading | null {
  const match = /^(#+) (.*)$/.exec(text)
  return match === null ? null : { level: match[1]?.length ?? 0, text: plain(match[2] ?? '') }
}

/** A bar within code or behind a backslash is part of its cell. */
function cellsOf(row: string): string[] {
  const cells = row.match(/(?:`[^`]*`|\\\||[^|`])+/g) ?? []
  return cells.map((cell) => cell.trim())
}
