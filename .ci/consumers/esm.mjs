import { connectNotifications } from '@carillon/client'
import { attachNotifications } from '@carillon/server'
import { sqliteStore } from '@carillon/store-sqlite'
import { Server } from 'socket.io'
import exchange from './exchange.cjs'

await exchange({ Server, attachNotifications, connectNotifications, sqliteStore })
