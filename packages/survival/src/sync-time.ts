import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '@carillon/bench'

const PAGE = Buffer.alloc(4096, 1)
const TIMES = 20

/** Milliseconds that it takes to append a page to a file and to sync it, where the stores of the trials lie. */
export function measureSyncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-sync-'))
  const fd = openSync(join(folder, 'file'), 'w')
  try {
    const times: number[] = []
    for (let n = 0; n < TIMES; n++) {
      const began = performance.now()
      writeSync(fd, PAGE)
      fdatasyncSync(fd)
      times.push(performance.now() - began)
    }
    return median(times)
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true, force: true })
  }
}
