import type { ClientStorage } from '../src/index.ts'

export interface MemoryStorage extends ClientStorage {
  readonly items: Map<string, string>
  /** As a browser copies the storage of a tab that is duplicated, or keeps it when a page dies without a word. */
  copy(): MemoryStorage
}

export function memoryStorage(items: ReadonlyMap<string, string> = new Map()): MemoryStorage {
  const own = new Map(items)
  return {
    items: own,
    copy: () => memoryStorage(own),
    getItem: (key) => own.get(key) ?? null,
    setItem: (key, value) => void own.set(key, value),
    removeItem: (key) => void own.delete(key),
  }
}
