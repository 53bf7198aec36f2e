// One notification from one client to another, with whatever copies of the packages the caller has loaded: on the
// memory store, then twice on the same SQLite file, where the second server has what the first one was given.
const { mkdtempSync, rmSync } = require('node:fs')
const { createServer } = require('node:http')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

module.exports = async function exchange({ sqliteStore, ...packages }) {
  await exchangeOn(packages, undefined, 1)
  const folder = mkdtempSync(join(tmpdir(), 'carillon-consumer-'))
  try {
    for (const offset of [1, 2]) {
      const store = sqliteStore(join(folder, 'notifications.db'))
      await exchangeOn(packages, store, offset)
      await store.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function exchangeOn({ Server, attachNotifications, connectNotifications }, store, offset) {
  const http = createServer()
  const io = new Server(http)
  const notifications = attachNotifications(io, { log: false, store })
  await new Promise((done) => http.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${http.address().port}`
  const alice = connectNotifications(url, { auth: { user_id: 'alice', username: 'Alice' } })
  const bob = connectNotifications(url, { auth: { user_id: 'bob', username: 'Bob' } })
  try {
    const devops = await bob.joinChannel('devops')
    // What bob was sent on the server before may come first: he was gone before anybody knew that he has it.
    const received = new Promise((done) => {
      devops.on('notification', (notification) => notification.offset === offset && done(notification))
    })
    const { notificationId } = await alice.sendNotification({
      channel: 'devops',
      title: 'Alert',
      message: 'CPU at 90 %',
    })
    const notification = await received
    if (notification.id !== notificationId || notification.sender !== 'Alice') {
      throw new Error(`unexpected: ${JSON.stringify(notification)}`)
    }
  } finally {
    alice.close()
    bob.close()
    await notifications.close()
    await new Promise((done) => io.close(done))
  }
}
