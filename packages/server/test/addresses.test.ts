/*
 * What counts as an address where the host says nothing of it.
 * Ids: S08
 */
import type { Socket } from 'socket.io'
import { expect, test } from 'vitest'
import { createAddressOf } from '../src/edge/addresses.ts'

const ANNOUNCE = { sent() {}, joined() {}, left() {}, refused() {}, lagging() {}, problem() {} }
const countedAs = createAddressOf(undefined, ANNOUNCE, () => undefined)
const from = (address: string): Socket => ({ handshake: { address, headers: {} } }) as unknown as Socket

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::77', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
])('[S08] %s counts as %s: whoever has one IPv6 address has a network of them', (address, counted) => {
  expect(countedAs(from(address))).toBe(counted)
})

test.each(['10.1.2.3', '::ffff:10.1.2.3', '100.64.3.4', '127.0.0.1', '::1', 'fd00::1', 'fe80::1%eth0', ''])(
  '[S08] %s says nothing about who it is',
  (address) => expect(countedAs(from(address))).toBe(null),
)
