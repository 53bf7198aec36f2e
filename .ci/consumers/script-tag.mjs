// A page without a bundler: one script tag, one global.
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { attachNotifications } from '@carillon/server'
import { chromium } from 'playwright-core'
import { Server } from 'socket.io'

const bundle = createRequire(import.meta.url).resolve('@carillon/client/global')
const page = `<!doctype html><script src="/carillon.js"></script><script>
  const client = Carillon.connectNotifications('/', { auth: { user_id: 'page', username: 'Page' } })
  client.joinChannel('devops').then((devops) => {
    devops.on('notification', (n) => { document.title = n.title })
    return client.sendNotification({ channel: 'devops', title: 'It works', message: 'from a script tag' })
  })
</script>`
const http = createServer((request, response) => {
  if (request.url === '/carillon.js')
    createReadStream(bundle).pipe(response.setHeader('content-type', 'text/javascript'))
  else response.setHeader('content-type', 'text/html').end(page)
})
const io = new Server(http)
const notifications = attachNotifications(io, { log: false })
await new Promise((done) => http.listen(0, '127.0.0.1', done))
const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags.split(' ') })
try {
  const tab = await browser.newPage()
  await tab.goto(`http://127.0.0.1:${http.address().port}/`)
  await tab.waitForFunction(() => document.title === 'It works')
} finally {
  await browser.close()
  await notifications.close()
  await new Promise((done) => io.close(done))
}
