import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { ClientStorage } from '@carillon/client'

/** A storage that outlives its process, as `sessionStorage` outlives a page. */
export function fileStorage(file: string): ClientStorage {
  const items = new Map(Object.entries(read(file)))
  // A process that is killed while it writes leaves the file as it was.
  const save = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(items)))
    renameSync(`${file}.new`, file)
  }
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      items.set(key, value)
      save()
    },
    removeItem(key) {
      if (items.delete(key)) save()
    },
  }
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
