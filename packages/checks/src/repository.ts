import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** What a tool makes, and what is not ours. */
const NOT_OURS = new Set(['.git', '.cache', 'node_modules', 'dist', 'coverage'])

/** Reads a file of the repository; paths are relative to its root and have forward slashes. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function exists(path: string): boolean {
  return existsSync(join(ROOT, path))
}

export function absolute(path: string): string {
  return join(ROOT, path)
}

/** Every file below a folder, sorted, without what tools make. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true })
  return entries
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return filesBelow(path)
      return entry.isFile() ? [path] : []
    })
    .sort()
}

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly description?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface WorkspacePackage {
  /** For instance `packages/server`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Every package of the workspace, by folder. */
export function workspacePackages(parents: readonly string[] = ['packages', 'examples']): WorkspacePackage[] {
  return parents.flatMap((parent) =>
    readdirSync(join(ROOT, parent))
      .map((name) => `${parent}/${name}`)
      .filter((folder) => exists(`${folder}/package.json`))
      .map((folder) => ({ folder, manifest: JSON.parse(read(`${folder}/package.json`)) })),
  )
}

export function isTypeScript(path: string): boolean {
  return path.endsWith('.ts') && !path.endsWith('.d.ts')
}
