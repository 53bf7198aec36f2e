import {
  type CursorMove,
  type CursorQuestion,
  type Head,
  type StreamKey,
  type Subscriber,
  streamTag,
} from '@carillon/store'
import type { Database } from './database.ts'
import { checkStream, checkSubscriber, deviceText } from './entries.ts'
import { textOf } from './sessions.ts'

export interface Cursors {
  cursors(questions: readonly CursorQuestion[]): Promise<readonly (Head | null)[]>
  moveCursors(moves: readonly CursorMove[]): Promise<void>
}

export function createCursors(database: Database): Cursors {
  const askText = `select ${database.schema}.cursors_2($1) as answers`
  const moveText = `select ${database.schema}.move_cursors_2($1, $2)`
  return {
    async cursors(questions) {
      if (questions.length === 0) return []
      const asked = questions.map(({ subscriber, stream, start }, n) => {
        return { n, ...placeOf(subscriber, stream), epoch: start?.epoch, place: start?.offset }
      })
      const [row] = await database.use((connection) => connection.query(askText, [JSON.stringify(asked)]))
      const answers: [n: number, epoch: string, offset: number][] = JSON.parse(textOf(row, 'answers') ?? '')
      const heads = new Map(answers.map(([n, epoch, offset]) => [n, { epoch, offset }]))
      return questions.map((_, n) => heads.get(n) ?? null)
    },

    async moveCursors(moves) {
      if (moves.length === 0) return
      const folded = foldMoves(moves)
      const forgotten = folded.filter(({ isForgotten }) => isForgotten).map(({ place }) => place)
      const moved = folded.flatMap(({ place, moves: heads }) =>
        heads.map(({ epoch, offset }) => ({ ...place, epoch, place: offset })),
      )
      const values = [JSON.stringify(forgotten), JSON.stringify(moved)]
      await database.use((connection) => connection.query(moveText, values))
    },
  }
}

interface Place {
  readonly scope: string
  readonly kind: string
  readonly name: string
  readonly subscriber: string
  readonly device: string
}

/** What the moves of one cursor come to. */
interface Folded {
  readonly place: Place
  isForgotten: boolean
  /** Where to after that: the database knows the epoch and the end of the stream, and takes the furthest that counts. */
  moves: Head[]
}

function foldMoves(moves: readonly CursorMove[]): Folded[] {
  const folded = new Map<string, Folded>()
  for (const { subscriber, stream, to } of moves) {
    const place = placeOf(subscriber, stream)
    const tag = `${place.subscriber.length}:${place.subscriber}${place.device.length}:${place.device}${streamTag(stream)}`
    const known: Folded = folded.get(tag) ?? { place, isForgotten: false, moves: [] }
    folded.set(tag, known)
    if (to === null) {
      known.isForgotten = true
      known.moves = []
    } else {
      known.moves.push(to)
    }
  }
  return [...folded.values()]
}

function placeOf(subscriber: Subscriber, stream: StreamKey): Place {
  checkStream(stream)
  checkSubscriber(subscriber)
  const { scope, kind, name } = stream
  return { scope, kind, name, subscriber: subscriber.user, device: deviceText(subscriber.device) }
}
