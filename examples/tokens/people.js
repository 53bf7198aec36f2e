import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** How slow a guess is: a tenth of a second or so, and 16 MB. */
const COST = { N: 2 ** 14, r: 8, p: 5 }
const HASH_BYTES = 32

// Their passwords are in the README, what is kept of them is a hash each. A server of your own has a database here.
const PEOPLE = [
  {
    userId: 'alice',
    username: 'Alice',
    role: 'staff',
    salt: 'zUjjlbUO6Eae-fjacGDtYw',
    hash: 'DyJeAryy451I0p3xzPhm6_uiiqgNoSeqktwgzj4QON0',
  },
  {
    userId: 'bruno',
    username: 'Bruno',
    role: 'customer',
    salt: '72joB5MA0Zc9ggzwXZdLNw',
    hash: '5wpr4pcaBFop3jSWrJw2myqDNawMIzabxfUAGB7fRTk',
  },
]

/** Fits no password: whoever asks for somebody whom we do not know waits as long. */
const NOBODY = { salt: 'bm9ib2R5', hash: Buffer.alloc(HASH_BYTES).toString('base64url') }

export const people = PEOPLE.map(withoutPassword)

export function personOf(userId) {
  return people.find((person) => person.userId === userId)
}

/** Who signs in with this name and this password, or `null`. */
export async function signIn(userId, password) {
  const known = PEOPLE.find((person) => person.userId === userId)
  const { salt, hash } = known ?? NOBODY
  const given = await promisify(scrypt)(password, salt, HASH_BYTES, COST)
  const fits = timingSafeEqual(given, Buffer.from(hash, 'base64url'))
  return fits && known !== undefined ? withoutPassword(known) : null
}

function withoutPassword({ userId, username, role }) {
  return { userId, username, role }
}
