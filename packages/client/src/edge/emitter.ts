import type TypedEmitter from 'typed-emitter'
import type { EventMap } from 'typed-emitter'
import { listenerProblem } from '../rules/arguments.ts'

/**
 * How an application listens: the listening half of `typed-emitter`. Listeners are called in the order in
 * which they were added; one that throws or rejects harms nobody else and is told as a `problem`.
 */
export interface Listening<E extends EventMap> extends Pick<TypedEmitter<E>, 'listeners'> {
  /** @throws NotificationsError with code `bad-option`: there is no such event, or the listener is no function */
  on<K extends keyof E>(event: K, listener: E[K]): this
  /** As `on`, for one time. */
  once<K extends keyof E>(event: K, listener: E[K]): this
  off<K extends keyof E>(event: K, listener: E[K]): this
}

export interface Emitter<E extends EventMap> {
  emit<K extends keyof E>(event: K, ...args: Parameters<E[K]>): void
  add<K extends keyof E>(event: K, listener: E[K], once: boolean): void
  off<K extends keyof E>(event: K, listener: E[K]): void
  listeners<K extends keyof E>(event: K): E[K][]
}

interface Heard<L> {
  readonly listener: L
  readonly once: boolean
}

/**
 * @param events the events that there are
 * @param onThrow called with whatever a listener throws or rejects with
 */
export function createEmitter<E extends EventMap>(
  events: Readonly<Record<keyof E, true>>,
  onThrow: (cause: unknown, event: keyof E) => void,
): Emitter<E> {
  const table: { [K in keyof E]?: readonly Heard<E[K]>[] } = {}

  function off<K extends keyof E>(event: K, listener: E[K]): void {
    const heard = table[event] ?? []
    const at = heard.findIndex((entry) => entry.listener === listener)
    if (at !== -1) table[event] = heard.filter((_, index) => index !== at)
  }

  return {
    emit(event, ...args) {
      for (const { listener, once } of table[event] ?? []) {
        if (once) off(event, listener)
        try {
          const result: unknown = listener(...args)
          if (isThenable(result)) result.then(undefined, (cause) => onThrow(cause, event))
        } catch (cause) {
          onThrow(cause, event)
        }
      }
    },
    add(event, listener, once) {
      const call = once ? 'once' : 'on'
      const problem = listenerProblem(call, event, listener, Object.keys(events))
      if (problem !== null) throw problem
      table[event] = [...(table[event] ?? []), { listener, once }]
    },
    off,
    listeners: (event) => (table[event] ?? []).map(({ listener }) => listener),
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
