import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * How files and folders once were, in the form that `native/synced.c` writes: one file for each key, with the
 * content of a file, or a line of `key name` for everything in a folder.
 */
export interface Notes {
  /** `null` when nothing is noted of it. */
  content(key: string): Buffer | null
  names(key: string): readonly Named[] | null
}

export interface Named {
  readonly key: string
  readonly name: string
}

/** The number of a file is given again when it is gone; with the time of its birth it is unique. */
export function keyOf(path: string): string | null {
  const facts = lstatSync(path, { bigint: true })
  if (!facts.isDirectory() && !facts.isFile()) return null
  return `${facts.isDirectory() ? 'd' : 'f'}-${facts.ino}-${facts.birthtimeNs}`
}

export function isFolder({ key }: Named): boolean {
  return key.startsWith('d-')
}

/** Notes a folder with all that is in it, as it is now. Answers its key. */
export function note(folder: string, into: string): string {
  mkdirSync(into, { recursive: true })
  const own = keyOf(folder)
  if (own === null) throw new Error('what is to be noted is no folder')
  const lines: string[] = []
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const key = keyOf(path)
    if (key === null) continue
    lines.push(`${key} ${name}\n`)
    if (isFolder({ key, name })) note(path, into)
    else copyFileSync(path, join(into, key))
  }
  writeFileSync(join(into, own), lines.join(''))
  return own
}

export function readNotes(from: string): Notes {
  const read = (key: string): Buffer | null => {
    const path = join(from, key)
    return existsSync(path) ? readFileSync(path) : null
  }
  return {
    content: read,
    names: (key) =>
      read(key)
        ?.toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const space = line.indexOf(' ')
          return { key: line.slice(0, space), name: line.slice(space + 1) }
        }) ?? null,
  }
}
