import { BlockList, isIP } from 'node:net'
import type { Socket } from 'socket.io'
import type { Announce } from '../flows/ports.ts'

/** Where a socket comes from, for what is counted by address; `null` where that says nothing about who it is. */
export type AddressOf = (socket: Socket) => string | null

/**
 * A proxy connects from an address of the own network, and so everybody behind it would share one budget. Such
 * addresses are not counted unless the host says by itself what an address is.
 */
export function createAddressOf(
  given: ((socket: Socket) => string | null | undefined) | undefined,
  announce: Announce,
  warn: (message: string) => void,
): AddressOf {
  if (given === undefined) return connectionAddress(warn)
  return (socket) => {
    try {
      const address: unknown = given(socket)
      return typeof address === 'string' && address !== '' ? address : null
    } catch (cause) {
      announce.problem({ code: 'HOOK_FAILED', message: 'The hook "address" failed', cause })
      return null
    }
  }
}

const BEHIND_A_PROXY =
  'A proxy is in front of this server, so nothing is counted by address: give the option "address", see SECURITY.md'

function connectionAddress(warn: (message: string) => void): AddressOf {
  let isSaid = false
  return ({ handshake: { address, headers } }) => {
    if (!isInternal(address)) return networkOf(address)
    if (!isSaid && headers['x-forwarded-for'] !== undefined) {
      isSaid = true
      warn(BEHIND_A_PROXY)
    }
    return null
  }
}

const INTERNAL = new BlockList()
for (const [network, bits] of [
  ['10.0.0.0', 8],
  // Inside of providers and clouds.
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  INTERNAL.addSubnet(network, bits, 'ipv4')
}
INTERNAL.addAddress('::1', 'ipv6')
INTERNAL.addSubnet('fc00::', 7, 'ipv6')
INTERNAL.addSubnet('fe80::', 10, 'ipv6')

/** Looking an address up costs as much as much of a send, and mostly the same ones come again. */
const known = new Map<string, boolean>()
const MOST_KNOWN = 10_000

function isInternal(address: string): boolean {
  let answer = known.get(address)
  if (answer === undefined) {
    answer = lookUp(address)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(address, answer)
  }
  return answer
}

function lookUp(address: string): boolean {
  const family = isIP(address)
  // A socket file has no address.
  if (family === 0) return true
  return INTERNAL.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whoever has one IPv6 address has 2^64 of them: their network is what counts. */
function networkOf(address: string): string {
  if (isIP(address) !== 6 || address.includes('.')) return address
  const [front = '', back] = address.split('::')
  const groups = front === '' ? [] : front.split(':')
  const last = back === undefined || back === '' ? [] : back.split(':')
  const zeros = back === undefined ? 0 : 8 - groups.length - last.length
  const network = [...groups, ...new Array<string>(zeros).fill('0'), ...last].slice(0, 4)
  return `${network.join(':')}::/64`
}
