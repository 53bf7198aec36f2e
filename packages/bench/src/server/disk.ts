import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../statistics.ts'

/** A page of a database. */
const BYTES = Buffer.alloc(4_096, 1)

/** Median time, in milliseconds, that the disk of a folder takes to write a little at the end of a file and to sync it. */
export function syncTimeOf(folder: string, times: number): number {
  const own = mkdtempSync(join(folder, 'sync-'))
  const file = openSync(join(own, 'file'), 'w')
  try {
    const tookMs = Array.from({ length: times }, () => {
      const start = performance.now()
      writeSync(file, BYTES)
      fdatasyncSync(file)
      return performance.now() - start
    })
    return median(tookMs)
  } finally {
    closeSync(file)
    rmSync(own, { recursive: true })
  }
}
