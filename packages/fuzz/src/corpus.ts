import { readFileSync } from 'node:fs'
import type { Step } from './scenarios.ts'

/** Text, or text and how often it stands there. */
type Piece = string | readonly [text: string, times: number]

/** A text frame in pieces, or the bytes of a binary frame. */
type Frame = readonly Piece[] | { readonly bytes: readonly number[] }

/** Frames that were, or might be, more than a server can take, sent in this order over one connection. */
export interface Sample {
  readonly what: string
  readonly frames: readonly Frame[]
}

const FILE = new URL('../corpus/frames.json', import.meta.url)

export function readCorpus(): readonly Sample[] {
  const samples: readonly Sample[] = JSON.parse(readFileSync(FILE, 'utf8'))
  return samples
}

export function stepsOf({ frames }: Sample): Step[] {
  return frames.map((frame) =>
    'bytes' in frame
      ? { kind: 'binary', bytes: frame.bytes }
      : { kind: 'frame', text: frame.map(textOf).join('') },
  )
}

function textOf(piece: Piece): string {
  return typeof piece === 'string' ? piece : piece[0].repeat(piece[1])
}
