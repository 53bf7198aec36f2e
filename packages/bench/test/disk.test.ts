import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { syncTimeOf } from '../src/server/disk.ts'

test('[BN8] a sync takes time, and leaves nothing behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  expect(syncTimeOf(folder, 3)).toBeGreaterThan(0)
  expect(readdirSync(folder)).toEqual([])
})
