import type { ClientStorage } from '@carillon/client'

/** What a browser would keep, without one. */
export function createStorage(): ClientStorage {
  const entries = new Map<string, string>()
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  }
}
