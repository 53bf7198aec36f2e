import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NotificationStore } from '@carillon/store'
import { onTestFinished } from 'vitest'
import { type SqliteStoreOptions, sqliteStore } from '../src/index.ts'

/** A path in a folder of its own, which goes with the test. */
export function temporaryFile(): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, file: join(folder, 'notifications.db') }
}

/** A store that is closed when the test is over. */
export function openStore(file: string, options: SqliteStoreOptions = {}): NotificationStore {
  const store = sqliteStore(file, options)
  onTestFinished(() => store.close())
  return store
}
