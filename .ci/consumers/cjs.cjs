const { connectNotifications } = require('@carillon/client')
const { attachNotifications } = require('@carillon/server')
const { sqliteStore } = require('@carillon/store-sqlite')
const { Server } = require('socket.io')
const exchange = require('./exchange.cjs')

exchange({ Server, attachNotifications, connectNotifications, sqliteStore }).catch((error) => {
  console.error(error)
  process.exit(1)
})
