import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What brings the compiler to a Debian machine. */
export const COMPILER_COMMAND = 'apt-get install -y --no-install-recommends gcc libc6-dev'

const isSource = import.meta.url.endsWith('.ts')
const SOURCE = fileURLToPath(new URL(`${isSource ? '../' : ''}../native/synced.c`, import.meta.url))
const COMPILERS = ['cc', 'gcc', 'clang']

/** The compiler of this machine, if it is a Linux that has one. */
export function findCompiler(): string | null {
  if (process.platform !== 'linux') return null
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const paths = COMPILERS.flatMap((name) => folders.map((folder) => join(folder, name)))
  return paths.find(isProgram) ?? null
}

/** The compiled library that notes what a program has synced. */
export interface Library {
  readonly path: string
  close(): Promise<void>
}

export async function compileLibrary(): Promise<Library> {
  const compiler = findCompiler()
  if (compiler === null) throw new Error(`A power loss needs Linux and a C compiler: ${COMPILER_COMMAND}`)
  const folder = await mkdtemp(join(tmpdir(), 'carillon-synced-'))
  // A database may run as another user.
  await chmod(folder, 0o755)
  const path = join(folder, 'synced.so')
  await promisify(execFile)(compiler, ['-O2', '-shared', '-fPIC', '-o', path, SOURCE, '-ldl'])
  return { path, close: () => rm(folder, { recursive: true, force: true }) }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
