// Starts server.js, and starts it again when it was killed: what systemd, Docker or Kubernetes do for a real server.
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Long enough to look at a page without a server. */
const RESTART_MS = Number(process.env.RESTART_MS ?? 1500)

let port = process.env.PORT
let server
let isOver = false

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isOver = true
    server?.kill(signal)
  })
}

while (!isOver) {
  const { signal, code, hasListened } = await run()
  // It said why: a port that is taken, for instance. To try again would not help.
  if (signal === null && !hasListened) process.exit(code)
  if (signal === null && code === 0) break
  if (isOver) break
  console.log(`The server is dead: ${signal ?? `exit code ${code}`}. Starting it again.\n`)
  await sleep(RESTART_MS)
}

function run() {
  return new Promise((resolve) => {
    let hasListened = false
    server = fork(fileURLToPath(new URL('server.js', import.meta.url)), {
      env: { ...process.env, ...(port === undefined ? {} : { PORT: port }) },
    })
    server.on('message', (listening) => {
      hasListened = true
      port = listening
    })
    server.once('exit', (code, signal) => resolve({ code, signal, hasListened }))
  })
}
