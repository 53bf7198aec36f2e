/** What of a browser is used; Node and some app engines have none of it, or only parts. */
interface Listenable {
  addEventListener(event: string, listener: () => void): void
  removeEventListener(event: string, listener: () => void): void
}

type Page = Partial<Listenable & { readonly visibilityState: string }> | undefined

const page = (): Page => globalThis.document

/** Whether this is a page of a browser. */
export function hasPage(): boolean {
  return page()?.addEventListener !== undefined
}

/**
 * Calls `onWake` when the network is back or the page is seen again, `onHide` when the page may be about to go for
 * good, and `onPage` when it goes and when it is back from the browser's cache. Does nothing outside a browser.
 *
 * @returns a function that stops it
 */
export function watchPage(
  onWake: () => void,
  onHide: () => void,
  onPage: (isHere: boolean) => void,
): () => void {
  const onGone = (): void => {
    onHide()
    onPage(false)
  }
  const stops = [
    listen(globalThis, 'online', onWake),
    listen(globalThis, 'pagehide', onGone),
    listen(globalThis, 'pageshow', () => onPage(true)),
    listen(page(), 'visibilitychange', () => (page()?.visibilityState === 'hidden' ? onHide() : onWake())),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function listen(place: Page, event: string, listener: () => void): () => void {
  place?.addEventListener?.(event, listener)
  return () => place?.removeEventListener?.(event, listener)
}
