/** What of a browser is used; Node and some app engines have none of it, or only parts. */
interface Listenable {
  addEventListener(event: string, listener: () => void): void
  removeEventListener(event: string, listener: () => void): void
}

/**
 * Calls `onWake` when the network is back or the page is seen again, and `onHide` when the page may be about to
 * go for good. Does nothing outside a browser.
 *
 * @returns a function that stops it
 */
export function watchPage(onWake: () => void, onHide: () => void): () => void {
  const page: unknown = Reflect.get(globalThis, 'document')
  const onVisibility = (): void => (isHidden(page) ? onHide() : onWake())
  const stops = [
    listen(globalThis, 'online', onWake),
    listen(globalThis, 'pagehide', onHide),
    listen(page, 'visibilitychange', onVisibility),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function listen(place: unknown, event: string, listener: () => void): () => void {
  if (!isListenable(place)) return () => undefined
  place.addEventListener(event, listener)
  return () => place.removeEventListener(event, listener)
}

function isListenable(place: unknown): place is Listenable {
  return (
    typeof place === 'object' &&
    place !== null &&
    'addEventListener' in place &&
    typeof place.addEventListener === 'function' &&
    'removeEventListener' in place &&
    typeof place.removeEventListener === 'function'
  )
}

function isHidden(page: unknown): boolean {
  return (
    typeof page === 'object' &&
    page !== null &&
    'visibilityState' in page &&
    page.visibilityState === 'hidden'
  )
}
