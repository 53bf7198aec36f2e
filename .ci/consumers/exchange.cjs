// One notification from one client to another, with whatever copies of the packages the caller has loaded.
const { createServer } = require('node:http')

module.exports = async function exchange({ Server, attachNotifications, connectNotifications }) {
  const http = createServer()
  const io = new Server(http)
  const notifications = attachNotifications(io, { log: false })
  await new Promise((done) => http.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${http.address().port}`
  const alice = connectNotifications(url, { auth: { user_id: 'alice', username: 'Alice' } })
  const bob = connectNotifications(url, { auth: { user_id: 'bob', username: 'Bob' } })
  try {
    const devops = await bob.joinChannel('devops')
    const received = new Promise((done) => devops.on('notification', done))
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
