import { execFile } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findPostgres } from '@carillon/testkit/servers'

export interface Versions {
  readonly postgres: string
  readonly redis: string
}

const NUMBER = /\d+\.\d+(?:\.\d+)?/

export async function programVersions(): Promise<Versions> {
  const versionOf = async (program: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(program, ['--version'])
    return NUMBER.exec(stdout)?.[0] ?? 'unknown'
  }
  const postgres = await versionOf(join(findPostgres() ?? '', 'postgres'))
  return { postgres, redis: await versionOf('redis-server') }
}

export function machineText(): string {
  const gib = (totalmem() / 2 ** 30).toFixed(1)
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${gib} GiB of memory, ${type()} ${release().split('.', 2).join('.')}`
}
