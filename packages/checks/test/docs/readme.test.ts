import { until, within } from '@carillon/testkit'
import { afterEach, expect, test } from 'vitest'
import { codeBlocksOf } from '../../src/markdown.ts'
import { read } from '../../src/repository.ts'
import { type RunningSample, runSample } from '../../src/samples.ts'

const page = read('README.md')
const [server = '', client = ''] = codeBlocksOf(page)
  .filter(({ language }) => language === 'js')
  .map(({ text }) => text)

const LISTEN = 'server.listen(8001)'
const LISTEN_ANYWHERE = 'server.listen(0, () => process.send(server.address().port))'

const running: RunningSample[] = []
const run = (name: string, code: string): RunningSample => {
  const sample = runSample(name, code)
  running.push(sample)
  return sample
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sample) => sample.stop()))
})

test('[D13] the two samples of the README run against each other', async () => {
  expect(server).toContain(LISTEN)
  expect(client).toContain('http://localhost:8001')
  const serving = run('server', server.replace(LISTEN, LISTEN_ANYWHERE))
  const port = await within(serving.told, 10_000, 'the port of the server sample')
  const connected = run('client', client.replace('8001', String(port)))
  await until(() => connected.output().split('\n').length > 3, 'three lines of the client sample', 10_000)
  const lines = connected.output().trim().split('\n').sort()
  expect(lines).toEqual([
    'Alice: CPU alert, CPU at 90 % on prod-01',
    'Server: Deployed, Version 42',
    expect.stringMatching(/^stored as n_\d+\.\d{3}/),
  ])
  expect(serving.output()).toContain('your own events work as before')
})

test('[D13] the first screen is as short as it should be', () => {
  const lines = (code: string): number => code.split('\n').filter((line) => line.trim() !== '').length
  expect(lines(server)).toBeLessThanOrEqual(12)
  expect(lines(client)).toBeLessThanOrEqual(8)
  expect(page.slice(0, page.indexOf('## Try it')).split('\n').length).toBeLessThanOrEqual(60)
})

test('[D13] the commands of the README are scripts of the repository', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))
  const commands = [...page.matchAll(/\bnpm (?:run )?(start|test|[a-z:]+)\b/g)].map((match) => match[1] ?? '')
  const known = commands.filter((command) => command !== 'install')
  expect(known.filter((command) => !Object.hasOwn(scripts, command))).toEqual([])
})
