import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Library } from './library.ts'
import { type Chance, mix } from './mix.ts'
import { isFolder, type Named, type Notes, note, readNotes } from './notes.ts'

/** A folder from which the power can be taken. */
export interface Disk {
  /** With this in its environment, a program is watched. */
  readonly env: Readonly<Record<string, string>>
  /** From now on: all that is there counts as synced. No program may be at it. */
  begin(): void
  /** The moment of the power loss. Every program has been killed. */
  crash(): void
  /**
   * Makes the folder what it is after the power loss: what was synced, and of the rest nothing, or what
   * chance has left. May be repeated.
   */
  restore(chance: Chance | null): void
  close(): void
}

export function createDisk(folder: string, library: Library, delayMs = 0): Disk {
  const root = realpathSync(folder)
  const scratch = mkdtempSync(join(tmpdir(), 'carillon-disk-'))
  const synced = join(scratch, 'synced')
  const written = join(scratch, 'written')
  const { uid, gid } = lstatSync(root)
  let key = ''
  return {
    env: {
      LD_PRELOAD: library.path,
      CARILLON_SYNCED: synced,
      CARILLON_SYNCED_OF: root,
      CARILLON_SYNC_DELAY_MS: String(delayMs),
    },
    begin() {
      note(root, synced)
      // A database may run as another user.
      chmodSync(scratch, 0o755)
      chownSync(synced, uid, gid)
      for (const name of readdirSync(synced)) chownSync(join(synced, name), uid, gid)
    },
    crash() {
      key = note(root, written)
    },
    restore(chance) {
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true, force: true })
      const notes = { synced: readNotes(synced), written: readNotes(written), chance }
      build(root, key, notes, (path) => chownSync(path, uid, gid))
    },
    close: () => rmSync(scratch, { recursive: true, force: true }),
  }
}

interface Sources {
  readonly synced: Notes
  readonly written: Notes
  readonly chance: Chance | null
}

function build(folder: string, key: string, sources: Sources, own: (path: string) => void): void {
  for (const named of namesOf(key, sources)) {
    const path = join(folder, named.name)
    if (isFolder(named)) {
      mkdirSync(path, { mode: 0o700 })
      own(path)
      build(path, named.key, sources, own)
    } else {
      writeFileSync(path, contentOf(named.key, sources), { mode: 0o600 })
      own(path)
    }
  }
}

/** Names change together, in the order in which they were changed: never half a renaming. */
function namesOf(key: string, { synced, written, chance }: Sources): readonly Named[] {
  const old = synced.names(key) ?? []
  return chance !== null && chance() < 0.5 ? (written.names(key) ?? old) : old
}

function contentOf(key: string, { synced, written, chance }: Sources): Buffer {
  // A file whose name is there and whose content never was synced has none.
  const old = synced.content(key) ?? Buffer.alloc(0)
  if (chance === null) return old
  return mix(old, written.content(key) ?? old, chance)
}
